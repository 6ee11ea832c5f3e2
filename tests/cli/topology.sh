# `topology` prints what a network is made of and can carry, and writes it for other tools.
. tests/cli/lib.sh

expect 0 '^  chips +384 packages of Ascend 910C \(768 endpoints\)$' "$podsim" topology cloudmatrix384
expect 0 '^  switches +448 \(336 leaf, 112 spine\)$' "$podsim" topology topologies/cloudmatrix384.yaml
expect 0 '^  bisection +75.26 TB/s \(max-flow' "$podsim" topology cloudmatrix384
expect 0 '^plane nvlink .*: 4 islands of at most 72 endpoints$' "$podsim" topology gb200-nvl72
expect 0 '^  chips +16 packages' "$podsim" topology gb200-nvl72 --set nodes=4
expect 0 '^  oversubscription +2 : 1 at leaf uplinks$' "$podsim" topology gb200-nvl72 --set planes.ib.uplinks=12
for name in topologies/*.yaml; do expect 0 '^  diameter +[1-9][0-9]* hops$' "$podsim" topology "$name"; done

for format in dot graphml json simgrid; do
  expect 0 "$format.out written" "$podsim" topology hgx-h100 --export "$format=$work/$format.out"
  check "$format is empty" [ -s "$work/$format.out" ]
done
check 'a half-written export stays' [ -z "$(find "$work" -name '*.partial')" ]
check 'the exports do not hold the same network' python3 -c '
import json, re, sys, xml.etree.ElementTree as xml
folder = sys.argv[1]
net = json.load(open(folder + "/json.out"))
graph = xml.parse(folder + "/graphml.out").getroot()
ns = "{http://graphml.graphdrawing.org/xmlns}"
assert len(net["vertices"]) == len(list(graph.iter(ns + "node"))), "vertices"
assert len(net["links"]) == len(list(graph.iter(ns + "edge"))), "links"
dot = open(folder + "/dot.out").read()
assert len(re.findall(r" -- ", dot)) == len(net["links"]), "dot"
hosts = list(xml.parse(folder + "/simgrid.out").getroot().iter("host"))
assert len(hosts) == 2 * 16, "hosts: one a plane and endpoint"
assert sum(l["bandwidth_bytes_per_s"] for l in net["links"] if l["plane"] == "nvlink") == 16 * 450e9
' "$work"

expect_mistake '^podsim: topology: no topologies named "cloudmatrix394"; did you mean "cloudmatrix384"' "$podsim" topology cloudmatrix394
expect_mistake '^podsim: .*/gone.yaml: cannot be read: no such file$' "$podsim" topology "$work/gone.yaml"
expect_mistake '^podsim: --export dots=x: "dots" is not one of dot, graphml, json, simgrid; did you mean "dot"\?$' "$podsim" topology hgx-h100 --export dots=x
expect_mistake '^podsim: --export dot: write FORMAT=FILE' "$podsim" topology hgx-h100 --export dot
expect_mistake 'planes.ib.kind: "fat_tre" is not one of ' "$podsim" topology hgx-h100 --set planes.ib.kind=fat_tre
expect 1 'cannot be written' "$podsim" topology hgx-h100 --export "json=$work/no/such/folder.json"
finish

# `topology` prints what a network is made of and can carry, and writes it for other tools.
. tests/cli/lib.sh

expect 0 '^  chips +384 packages of Ascend 910C \(768 endpoints\)$' "$podsim" topology cloudmatrix384
expect 0 '^  switches +448 \(336 leaf, 112 spine\)$' "$podsim" topology topologies/cloudmatrix384.yaml
expect 0 '^  links +1344 cpu - leaf, 22.9 GB/s each way' "$podsim" topology cloudmatrix384
expect 0 '^  bisection +75.26 TB/s \(max-flow' "$podsim" topology cloudmatrix384
expect 0 '^plane nvlink .*: 4 islands of at most 72 endpoints$' "$podsim" topology gb200-nvl72
expect 0 '^  chips +16 packages' "$podsim" topology gb200-nvl72 --set nodes=4
expect 0 '^  oversubscription +2 : 1 at leaf uplinks$' "$podsim" topology gb200-nvl72 --set planes.ib.uplinks=16
expect 0 '^  optics +6912 transceivers$' "$podsim" topology cloudmatrix384
expect 0 '^  optics +5376 transceivers$' "$podsim" topology cloudmatrix384
expect 0 '^ +5 hops where each node counts as one router$' "$podsim" topology groq-10440
"$podsim" topology cloudmatrix384 --out "$work/planes.csv" >/dev/null
check 'the table has no row a plane with its counts' [ "$(cut -d, -f2,4,7,8,9,12 "$work/planes.csv" | tr '\n' ' ')" = \
  'packages,plane,switches,links,transceivers,diameter 384,ub,448,12096,5376,4 384,rdma,36,1536,1536,4 384,vpc,49,816,0,4 ' ]
expect 1 'cannot be written' "$podsim" topology hgx-h100 --out "$work/no/such/folder.csv"
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
expect_mistake 'planes.rdma: rails join nodes, and a package is less than a node$' "$podsim" topology cloudmatrix384 --set planes.rdma.within=package

# Networks of one's own that cannot be: bad LINE... refuses a cluster of two nodes of four with this plane, in its line 7.
own() { printf 'name: t\nchip: h100-sxm\nnodes: 2\npackages_per_node: 4\nnode_power: 1 kW\nplanes:\n' >"$work/own.yaml"; printf '  %s\n' "$@" >>"$work/own.yaml"; }
bad() { own "${@:2}"; expect_mistake "^podsim: .*/own.yaml:$1" "$podsim" topology "$work/own.yaml"; }
wire='{name: l, bandwidth: 10 GB/s, latency: 1 us}'
mesh="net: {kind: full_mesh, link: $wire}"
own "$mesh"
expect 0 '^  diameter +1 hops$' "$podsim" topology "$work/own.yaml"
star() { echo "net: {kind: single_switch, links_to_switch: [1], link: $wire, switch: $1}"; }
bad '7: planes.net: a switch switch would need 8 ports and has 7$' "$(star '{name: s, ports: 7, power: 0 W}')"
bad '7: planes.net.switch.ports: must lie between 1 and 100000, not -3$' "$(star '{name: s, ports: -3, power: 0 W}')"
bad '7: planes.net.switch: no switches named "qm970"; did you mean "qm9700"' "$(star qm970)"
for rate in '0 GB/s' '-1 GB/s' '1 PB/s'; do
  bad '7: planes.net.link.bandwidth: ' "net: {kind: full_mesh, link: {name: l, bandwidth: $rate, latency: 1 us}}"
done
bad '7: planes.net.link.latency: must lie between 0 s and 1 s, not -1 us$' 'net: {kind: full_mesh, link: {name: l, bandwidth: 1 GB/s, latency: -1 us}}'
bad '8: planes.net: this key stands here twice$' "$mesh" "$mesh"
bad '7: planes.net.within: a package holds one endpoint: nothing to join$' "net: {kind: full_mesh, within: package, link: $wire}"
bad '7: planes.net: endpoint 7 has no path to endpoint 0$' "net: {kind: explicit, link: $wire, links: [{from: 0, to: 1-6}]}"
bad '7: planes.net.links.0: there is no endpoint 8 ' "net: {kind: explicit, link: $wire, links: [{from: 0, to: 1-8}]}"
bad '7: planes.net.switches.a: this key stands here twice$' "net: {kind: explicit, switches: {a: qm9700, a: qm9700}, link: $wire, links: []}"
bad '7: planes.net.failed: plane net is cut in two: ' "net: {kind: single_switch, links_to_switch: [1], link: $wire, switch: qm9700, failed: {switches: [switch 0]}}"
bad '7: planes.net: would have more than 33554432 links$' "net: {kind: single_switch, links_to_switch: [1000000000], link: $wire, switch: qm9700}"
bad '7: planes.net.carries: must name one class of traffic at least ' "net: {kind: full_mesh, carries: [], link: $wire}"
for rate in 'nan GB/s' 'inf GB/s' '10 GBs' 10; do
  bad '7: planes.net.link.bandwidth: ".*" is not a number with a unit' "net: {kind: full_mesh, link: {name: l, bandwidth: $rate, latency: 1 us}}"
done
bad '7: planes.net.links.0.to: "b" is no endpoint .* and no switch \(there are: a\)$' "net: {kind: explicit, switches: {a: qm9700}, link: $wire, links: [{from: 0, to: b}]}"
printf '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph' >"$work/own.graphml"
bad '7: planes.net.file: own.graphml is no GraphML: ' 'net: {kind: file, file: own.graphml}'
printf 'garbage {{{' >"$work/own.dot"
bad '7: planes.net.file: own.dot is no DOT: ' 'net: {kind: file, file: own.dot}'
printf '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph id="G" edgedefault="undirected"><node id="a"/></graph></graphml>' >"$work/own.graphml"
bad '7: planes.net.file: vertex 0 .*: needs one of the attributes "endpoint" and "switch"$' 'net: {kind: file, file: own.graphml}'
printf 'graph g { a [endpoint=0]; b [endpoint=0]; a -- b [link=c]; }' >"$work/own.dot"
bad '7: planes.net.file: vertex "b": is endpoint 0, and so is vertex "a"$' "net: {kind: file, file: own.dot, links: {c: $wire}}"

expect 1 'cannot be written' "$podsim" topology hgx-h100 --export "json=$work/no/such/folder.json"
finish

package devstack

import (
	"fmt"
	"hash/fnv"
	"net"
	"strconv"

	"github.com/drover-platform/drover/services"
)

// Ports are the TCP ports of a stack, all on 127.0.0.1. They are chosen once,
// as one block, and stay: raft remembers addresses.
type Ports struct {
	Guard        int `json:"guard"` // held by whoever runs the stack, so that no other takes the block
	ConsulHTTP   int `json:"consul_http"`
	ConsulServer int `json:"consul_server"`
	ConsulSerf   int `json:"consul_serf"`
	VaultHTTP    int `json:"vault_http"`
	VaultCluster int `json:"vault_cluster"`
	NomadHTTP    int `json:"nomad_http"`
	NomadRPC     int `json:"nomad_rpc"`
	NomadSerf    int `json:"nomad_serf"`
	DynamicMin   int `json:"dynamic_min"` // what Nomad gives to tasks
	DynamicMax   int `json:"dynamic_max"`
}

// Blocks lie below the ports that Linux gives to clients (32768 and up).
const (
	blockFirst = 10000
	blockSize  = 2000
	blockCount = 11
)

// portsAt lays out a block.
func portsAt(base int) Ports {
	return Ports{
		Guard:        base,
		ConsulHTTP:   base + 1,
		ConsulServer: base + 2,
		ConsulSerf:   base + 3,
		VaultHTTP:    base + 4,
		VaultCluster: base + 5,
		NomadHTTP:    base + 6,
		NomadRPC:     base + 7,
		NomadSerf:    base + 8,
		DynamicMin:   base + 100,
		DynamicMax:   base + blockSize - 1,
	}
}

// servers lists the ports that servers listen on, with what they are for.
func (p Ports) servers() []struct {
	Port int
	Use  string
} {
	return []struct {
		Port int
		Use  string
	}{
		{p.ConsulHTTP, "Consul's API"},
		{p.ConsulServer, "Consul's server"},
		{p.ConsulSerf, "Consul's gossip"},
		{p.VaultHTTP, "Vault's API"},
		{p.VaultCluster, "Vault's cluster"},
		{p.NomadHTTP, "Nomad's API"},
		{p.NomadRPC, "Nomad's RPC"},
		{p.NomadSerf, "Nomad's gossip"},
	}
}

// choosePorts finds a block where nothing listens and returns it with its
// guard. seed spreads stacks over the blocks.
func choosePorts(seed string) (Ports, *net.TCPListener, error) {
	h := fnv.New32a()
	h.Write([]byte(seed))
	start := int(h.Sum32() % blockCount)
	for i := range blockCount {
		p := portsAt(blockFirst + (start+i)%blockCount*blockSize)
		guard, err := listen(p.Guard)
		if err != nil {
			continue
		}
		if firstTaken(p.Guard+1, p.DynamicMax) == 0 {
			return p, guard, nil
		}
		_ = guard.Close()
	}
	return Ports{}, nil, services.Errorf(services.CodeUnavailable, "no %d ports in a row are free on 127.0.0.1 between %d and %d", blockSize, blockFirst, blockFirst+blockCount*blockSize-1).
		WithHint("Stop another local stack, or the programs that listen there")
}

// reclaimPorts takes the guard of the ports that the stack has used before.
// settled says that the servers' state names the ports, so that they cannot
// change; otherwise other ports are chosen when one is taken.
func reclaimPorts(p Ports, settled bool, dir string) (Ports, *net.TCPListener, error) {
	taken, use := 0, "the stack itself"
	guard, err := listen(p.Guard)
	if err != nil {
		taken = p.Guard
	} else {
		for _, s := range p.servers() {
			if firstTaken(s.Port, s.Port) != 0 {
				taken, use = s.Port, s.Use
				break
			}
		}
	}
	switch {
	case taken == 0:
		return p, guard, nil
	case guard != nil:
		_ = guard.Close()
	}
	if !settled {
		return choosePorts(dir)
	}
	return Ports{}, nil, services.Errorf(services.CodeUnavailable, "port %d of 127.0.0.1, which the stack in %s uses for %s, is taken by another program", taken, dir, use).
		WithHint("Stop that program (see ss -ltnp), or delete %s to make a new stack", dir)
}

// firstTaken returns the first port from low to high that something listens
// on, 0 when there is none.
func firstTaken(low, high int) int {
	for port := low; port <= high; port++ {
		l, err := listen(port)
		if err != nil {
			return port
		}
		_ = l.Close()
	}
	return 0
}

func listen(port int) (*net.TCPListener, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	return l, nil
}

// local returns "127.0.0.1:port".
func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// url returns "http://127.0.0.1:port".
func url(port int) string { return "http://" + local(port) }

package devstack

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	neturl "net/url"
	"strconv"
	"time"
)

// dockerSocket is where Nomad's docker driver looks for the engine.
const dockerSocket = "/var/run/docker.sock"

// dockerClient speaks the Docker Engine API, of which this package needs four
// calls.
func dockerClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", dockerSocket)
		},
	}}
}

// dockerAnswers reports whether a Docker engine answers.
func dockerAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return docker(ctx, dockerClient(), http.MethodGet, "/_ping", nil)
}

// removeContainers stops and removes every container that the Nomad node of
// that name started. It gives up on what takes longer than limit to stop.
func removeContainers(node string, limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
	defer cancel()
	c := dockerClient()
	filters, err := json.Marshal(map[string][]string{"label": {"com.hashicorp.nomad.node_name=" + node}})
	if err != nil {
		return
	}
	var containers []struct{ ID string }
	if !docker(ctx, c, http.MethodGet, "/containers/json?all=1&filters="+neturl.QueryEscape(string(filters)), &containers) {
		return
	}
	for _, container := range containers {
		path := "/containers/" + container.ID
		docker(ctx, c, http.MethodPost, path+"/stop?t="+strconv.Itoa(int(limit.Seconds())), nil)
		docker(ctx, c, http.MethodDelete, path+"?force=1", nil)
	}
}

// docker makes one call and reports whether it succeeded.
func docker(ctx context.Context, c *http.Client, method, path string, out any) bool {
	req, err := http.NewRequestWithContext(ctx, method, "http://docker"+path, nil)
	if err != nil {
		return false
	}
	resp, err := c.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if resp.StatusCode >= 300 {
		return false
	}
	return out == nil || json.NewDecoder(resp.Body).Decode(out) == nil
}

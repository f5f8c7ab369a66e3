//go:build e2e

package e2e

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// A job whose deployment failed while nobody waited is not "as it should be".
func TestApply_SaysThatADeploymentFailed(t *testing.T) {
	d := newDrover(t)
	path := writePlatform(t, strings.Replace(platformText("forsaken", "alice"), `"info"`, `"shouting"`, 1))
	alice := jobsOf(t, path)[1]
	d.must(0, "apply", "-detach", path)
	require.Eventually(t, func() bool {
		deployment, _, err := nomadClient(t).Jobs().LatestDeployment(string(alice.ID), nil)
		if err != nil || deployment == nil {
			return false
		}
		_, _, err = nomadClient(t).Deployments().Fail(deployment.ID, nil)
		return err == nil
	}, waitLimit, waitStep)
	r := d.must(1, "apply", path)
	require.Contains(t, r.stderr, string(alice.ID))
	require.Contains(t, d.must(0, "plan", path).stdout, ". job "+string(alice.ID))
	d.must(0, "destroy", "-yes", path)
}

// A saved plan knows the region of its file, and what it applied is remembered
// as if it had been applied from the file.
func TestApply_SavedPlanIsThePlatforms(t *testing.T) {
	d := newDrover(t)
	path := writePlatform(t, strings.Replace(pairText, `"pair" {}`, `"saved" { region = "global" }`, 1))
	saved := filepath.Join(t.TempDir(), "plan.json")
	elsewhere := d.with("NOMAD_REGION=nowhere")
	elsewhere.must(1, "plan", "-out", saved, path)
	elsewhere.must(0, "apply", saved)
	require.Contains(t, d.must(0, "status").stdout, "good")
	require.Contains(t, d.must(0, "drift").stdout, "No drift")
	d.must(0, "destroy", "-yes", path)
}

// A platform that runs in one namespace is not started once more in another.
func TestApply_NamespaceDoesNotChangeUnderAPlatform(t *testing.T) {
	d := newDrover(t)
	text := strings.Replace(pairText, `"pair"`, `"moving"`, 1)
	path := writePlatform(t, text)
	d.must(0, "apply", path)
	moved := writePlatform(t, strings.Replace(text, "{}", `{ namespace = "default" }`, 1))
	require.Contains(t, d.with("NOMAD_TOKEN="+stack.Management.Nomad.Reveal()).must(1, "apply", moved).stderr, `runs in namespace "drover"`)
	d.must(0, "destroy", "-yes", path)
}

// A server that accepts connections and never answers ends a command.
func TestPlan_EndsWhenAServerNeverAnswers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() }) //nolint:errcheck // nothing was written
	path := writePlatform(t, pairText)
	for variable, name := range map[string]string{"NOMAD_ADDR": "Nomad", "CONSUL_HTTP_ADDR": "Consul", "VAULT_ADDR": "Vault"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newDrover(t).with(variable+"=http://"+silent.Addr().String()).must(255, "plan", path)
			require.Contains(t, r.stderr, "Error: cannot reach "+name+" at http://"+silent.Addr().String())
		})
	}
}

// A connection that breaks after Nomad took a job loses the answer, not the
// job: the apply goes on with it.
func TestApply_AnswerOfARegistrationIsLost(t *testing.T) {
	target, err := url.Parse(stack.Nomad)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var lost atomic.Int32
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.Method == http.MethodPut && r.Request.URL.Path == "/v1/jobs" && r.StatusCode == http.StatusOK && lost.Add(1) == 1 { // not the probe for the permission
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: proxy}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	defer server.Close()

	d := newDrover(t).with("NOMAD_ADDR=http://" + listener.Addr().String())
	path := writePlatform(t, strings.Replace(pairText, `"pair"`, `"lost"`, 1))
	id := jobsOf(t, path)[0].ID
	r := d.run("apply", path)
	require.Zero(t, r.code, "%s%s", r.stdout, r.stderr)
	require.Positive(t, lost.Load())
	info, _, err := nomadClient(t).Jobs().Info(string(id), nil)
	require.NoError(t, err)
	require.Zero(t, *info.Version)
	d.must(0, "drift", path)
	d.must(0, "destroy", "-yes", path)
}

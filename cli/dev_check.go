package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/e2e/devstack"
	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/app"
)

// sampleRows is the size of the file that the check uploads.
const sampleRows = 12_000

// checkDev checks a platform that runs on a local stack from the outside, as
// its users and its operator would: what an App was given survives a stop and
// a start of its job byte for byte, the Hub answers, Consul finds both, and the
// Hub's secret is in Vault and nowhere else.
func (m *Meta) checkDev(ctx context.Context, stack *devstack.Stack, t target, file *hcl.File) (err error) {
	if file.Platform.Hub == nil || len(file.Platform.Apps) == 0 {
		return services.Errorf(services.CodeInvalid, "the check needs a platform with a Hub and an App")
	}
	s, err := m.open(t, file.Platform.Namespace, file.Platform.Region)
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	root, err := vault.New(vault.Config{Address: stack.Vault, Token: stack.Management.Vault})
	if err != nil {
		return err
	}
	c := &devCheck{Meta: m, session: s, desired: desire(&file.Platform), platform: &file.Platform, root: root}
	for _, step := range []struct {
		name string
		run  func(context.Context) (string, error)
	}{
		{"the Hub answers /ruok", c.hub},
		{"a CSV goes into an App's project", c.upload},
		{"it survives a stop and a start of the job, byte for byte", c.restart},
		{"Consul has the Hub and the App as passing", c.passing},
		{"the Hub's secret is in Vault and not in its job", c.secret},
	} {
		detail, err := step.run(ctx)
		if err != nil {
			return fmt.Errorf("check that %s: %w", step.name, err)
		}
		fmt.Fprintf(m.Out, "ok  %s: %s\n", step.name, detail)
	}
	fmt.Fprintln(m.Out, "All checks passed.")
	return nil
}

type devCheck struct {
	*Meta
	*session
	desired  scheduler.Desired
	platform *services.Platform
	root     *vault.Client

	sample []byte
}

// alice is the user whose App is checked: alice, or whoever comes first.
func (c *devCheck) alice() services.App {
	i := slices.IndexFunc(c.platform.Apps, func(a services.App) bool { return a.User == "alice" })
	return c.platform.Apps[max(i, 0)]
}

// address returns the one URL that Consul has for a job, when it is healthy.
func (c *devCheck) address(ctx context.Context, id services.JobID) (string, error) {
	statuses, err := c.Statuses(ctx, c.desired)
	if err != nil {
		return "", err
	}
	for _, s := range statuses {
		if s.Job == id && s.Status == "healthy" && len(s.Addresses) == 1 {
			return s.Addresses[0], nil
		}
	}
	return "", services.Errorf(services.CodeUnavailable, "job %s is not healthy at one address", id)
}

func (c *devCheck) hub(ctx context.Context) (string, error) {
	url, err := c.address(ctx, c.platform.Hub.ID)
	if err != nil {
		return "", err
	}
	body, err := get(ctx, url+"/ruok")
	return fmt.Sprintf("%s/ruok says %q", url, strings.TrimSpace(body)), err
}

func (c *devCheck) upload(ctx context.Context) (string, error) {
	url, err := c.address(ctx, c.alice().ID)
	if err != nil {
		return "", err
	}
	var csv bytes.Buffer
	if err := app.WriteSample(&csv, sampleRows); err != nil {
		return "", err
	}
	c.sample = csv.Bytes()
	client := app.Client{URL: url}
	if err := client.NewProject(ctx, "Check of the local stack"); err != nil {
		return "", err
	}
	header, _, _ := bytes.Cut(c.sample, []byte("\n"))
	dataset, err := client.Upload(ctx, "tickets.csv", c.sample, strings.Split(string(header), ","))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d rows, %d bytes, dataset %s", sampleRows, len(c.sample), dataset), c.exported(ctx, url)
}

// exported fetches the dataset and compares it with what was uploaded.
func (c *devCheck) exported(ctx context.Context, url string) error {
	got, err := app.Client{URL: url}.Export(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, c.sample) {
		return fmt.Errorf("the export of %d bytes is not the upload of %d bytes", len(got), len(c.sample))
	}
	return nil
}

func (c *devCheck) restart(ctx context.Context) (string, error) {
	id := c.alice().ID
	before, err := c.Nomad.Running(ctx, id)
	if err != nil {
		return "", err
	}
	index, err := c.Nomad.Index(ctx, id)
	if err != nil {
		return "", err
	}
	if err := c.Nomad.Deregister(ctx, id, index); err != nil {
		return "", err
	}
	plan, err := c.Plan(ctx, c.desired, false)
	if err != nil {
		return "", err
	}
	if _, err := c.Apply(ctx, plan, engine.Options{}); err != nil {
		return "", err
	}
	after, err := c.Nomad.Running(ctx, id)
	if err != nil {
		return "", err
	}
	if before.AllocID == after.AllocID {
		return "", fmt.Errorf("job %s still runs as allocation %s", id, after.AllocID)
	}
	url, err := c.address(ctx, id)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes are the same in allocation %.8s and, before, %.8s", len(c.sample), after.AllocID, before.AllocID), c.exported(ctx, url)
}

func (c *devCheck) passing(ctx context.Context) (string, error) {
	for _, id := range []services.JobID{c.platform.Hub.ID, c.alice().ID} {
		health, err := c.Consul.Health(ctx, string(id))
		if err != nil {
			return "", err
		}
		if len(health.Instances) != 1 || !health.Passing() {
			return "", fmt.Errorf("service %s: %+v", id, health)
		}
	}
	return fmt.Sprintf("%s and %s", c.platform.Hub.ID, c.alice().ID), nil
}

func (c *devCheck) secret(ctx context.Context) (string, error) {
	checked := 0
	for _, job := range c.desired.Jobs {
		for _, secret := range job.Secrets {
			value, err := c.root.Reveal(ctx, secret)
			if err != nil {
				return "", err
			}
			running, err := c.Nomad.Source(ctx, job.ID)
			if err != nil {
				return "", err
			}
			rendered := jobspecs.Render(job.Spec)
			for _, text := range [][]byte{running, rendered} {
				if bytes.Contains(text, []byte(value.Reveal())) {
					return "", fmt.Errorf("the value of %s is in job %s", secret.Path, job.ID)
				}
			}
			checked++
		}
	}
	if checked == 0 {
		return "", services.Errorf(services.CodeInvalid, "the platform has no generated secret to check")
	}
	return fmt.Sprintf("%d checked", checked), nil
}

// get returns the body of a 200 answer.
func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, resp.Status, bytes.TrimSpace(answer))
	}
	return string(answer), err
}

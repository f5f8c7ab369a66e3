package engine

import (
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// stays refuses to look for a platform in another namespace than the one that
// it runs in, as far as Drover's state remembers: nothing would be found there,
// everything would be started once more, and what Vault gives to the jobs that
// run would go to the new ones.
func (e *Engine) stays(d scheduler.Desired) error {
	known, ok, err := e.State.Platform(d.Platform)
	if err != nil || !ok || known.Namespace == d.Namespace {
		return err
	}
	records, err := e.State.Applied(d.Platform)
	if err != nil || len(records) == 0 {
		return err
	}
	return services.Errorf(services.CodeConflict, "platform %q runs in namespace %q, and the file says %q", d.Name, known.Namespace, d.Namespace).
		WithHint("Destroy it with the namespace as it was, then apply it in the other one. Volumes do not move: they stay in namespace %q", known.Namespace)
}

// Package devstack runs real Nomad, Consul and Vault on loopback, in one state
// folder, for tests and for "drover dev". It is Linux only and needs root,
// because Nomad's exec driver does.
//
//	func main() {
//		if devstack.IsSupervisor() {
//			os.Exit(devstack.SupervisorMain())
//		}
//		stack, err := devstack.Start(ctx, devstack.Config{Dir: dir})
//		...
//		defer stack.Stop(context.WithoutCancel(ctx))
//	}
//
// # Nothing stays behind
//
// The servers, and every process that Nomad starts, live in a PID, mount and
// (on cgroup v1) cgroup namespace whose first process is the supervisor: this
// very program, run again. The supervisor takes commands from its parent over
// a socket. When that reaches its end, however the parent died, the supervisor
// stops Nomad, asks every task to stop, waits, kills the rest, unmounts and
// removes what is left. When the supervisor itself dies, the kernel kills
// everything in its namespace.
//
// Every program that calls [Start] therefore calls [IsSupervisor] first thing
// in main, tests in TestMain.
//
// # State
//
// A stack that is started again in the same folder is the same stack: same
// ports, same tokens, same jobs, volumes, secrets. Jobs that ran when it was
// stopped run again by themselves.
package devstack

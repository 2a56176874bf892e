package bench

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the process when this one is killed. In a process group of its own it does not hear
// Ctrl-C, which is for this process to pass on.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

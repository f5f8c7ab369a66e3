// Command helper is the task of this package's tests: it answers every request
// with the variable SECRET, and when it is asked to stop appends a line to the
// file that SAVE names, after a moment, as a server that saves its state does.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		log.Fatal(http.ListenAndServe(os.Getenv("ADDRESS"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, os.Getenv("SECRET"))
		})))
	}()
	<-stop
	time.Sleep(500 * time.Millisecond)
	f, err := os.OpenFile(os.Getenv("SAVE"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := f.WriteString("saved\n"); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}

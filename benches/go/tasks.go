package main

import (
	"runtime"
	"sync"
)

const (
	tasks    = 10_000
	depth    = 1_000
	pings    = 1_000
	branches = 28_656
	yielders = 200
	yields   = 1_000
	lockers  = 64
	turns    = 1_000
)

// Each task is awaited by a channel of its own, as a handle is.
func spawnJoin() {
	handles := make([]chan struct{}, tasks)
	for i := range handles {
		handle := make(chan struct{}, 1)
		handles[i] = handle
		go func() { handle <- struct{}{} }()
	}
	for _, handle := range handles {
		<-handle
	}
}

func chainedSpawn() {
	done := make(chan struct{}, 1)
	chain(depth, done)
	<-done
}

func chain(links int, done chan struct{}) {
	if links == 0 {
		done <- struct{}{}
		return
	}
	go chain(links-1, done)
}

func pingPong() {
	for i := 0; i < pings; i++ {
		ping, pong := make(chan struct{}, 1), make(chan struct{}, 1)
		go func() {
			<-ping
			pong <- struct{}{}
		}()
		ping <- struct{}{}
		<-pong
	}
}

func forkJoin() {
	if fib(22) != 17_711 {
		panic("a branch is lost")
	}
}

func fib(n uint64) uint64 {
	if n < 2 {
		return n
	}
	left := make(chan uint64, 1)
	go func() { left <- fib(n - 1) }()
	right := fib(n - 2)
	return <-left + right
}

func yieldMany() {
	all(yielders, func() {
		for i := 0; i < yields; i++ {
			runtime.Gosched()
		}
	})
}

func contended() {
	var lock sync.Mutex
	total := 0
	all(lockers, func() {
		for i := 0; i < turns; i++ {
			lock.Lock()
			total++
			lock.Unlock()
		}
	})
	if total != lockers*turns {
		panic("a turn is lost")
	}
}

// Runs the same in so many tasks, to their ends.
func all(count int, task func()) {
	var ended sync.WaitGroup
	ended.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			task()
			ended.Done()
		}()
	}
	ended.Wait()
}

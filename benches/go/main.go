// The rows as a Go program does them: one row a process, with the divisor that its rounds are divided by.
//
// It prints a figure as the parent reads it: row, unit, value, CPU time and voluntary switches an operation. As a server
// of echo it prints its address, and for each line that it reads what it has used so far.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A row of so many operations a round; prepare does what is outside of the figure.
type row struct {
	operations uint64
	rounds     uint64
	prepare    func() func()
}

var rows = map[string]row{
	"spawn_join":              {tasks, 20, plain(spawnJoin)},
	"chained_spawn":           {depth, 200, plain(chainedSpawn)},
	"ping_pong":               {pings, 100, plain(pingPong)},
	"fork_join":               {branches, 6, plain(forkJoin)},
	"yield_many":              {yielders * yields, 5, plain(yieldMany)},
	"mutex":                   {lockers * turns, 10, plain(contended)},
	"mpsc_bounded_1x1":        {values, 8, plain(oneProducer)},
	"mpsc_5x1000_roomy":       {producers * valuesEach, 200, plain(func() { fiveProducers(5000) })},
	"mpsc_5x1000_full":        {producers * valuesEach, 200, plain(func() { fiveProducers(100) })},
	"oneshot":                 {oneshots, 200, plain(oneshot)},
	"request_reply_task":      {requests, 60, requestReply},
	"brigade_switch_channels": {hops, 500, brigadeOfChannels},
	"brigade_switch_pipes":    {hops, 40, brigadeOfPipes},
	"echo_inside_1":           {tripsInside, 2, func() func() { return echoInside(1) }},
	"echo_inside_100":         {tripsInside, 4, func() func() { return echoInside(100) }},
}

// A round that needs nothing prepared.
func plain(round func()) func() func() {
	return func() func() { return round }
}

func main() {
	if os.Args[1] == "serve" {
		serve()
		return
	}
	name := os.Args[1]
	divisor, err := strconv.ParseUint(os.Args[2], 10, 64)
	must(err)
	row, known := rows[name]
	if !known {
		panic("there is no row " + name)
	}
	rounds := max(row.rounds/divisor, 1)
	round := row.prepare()
	for i := uint64(0); i < (rounds+4)/5; i++ {
		round()
	}
	cpuBefore, switchesBefore := usage()
	start := time.Now()
	for i := uint64(0); i < rounds; i++ {
		round()
	}
	elapsed := time.Since(start)
	cpu, switches := usage()
	operations := float64(rounds * row.operations)
	fmt.Println(name, "ns", float64(elapsed.Nanoseconds())/operations,
		float64(cpu-cpuBefore)/operations, float64(switches-switchesBefore)/operations)
}

// A server of echo, until its input ends.
func serve() {
	fmt.Println(listen())
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		cpu, switches := usage()
		fmt.Println(cpu, switches)
	}
}

// CPU nanoseconds and voluntary switches of the process so far.
func usage() (int64, int64) {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return used.Utime.Nano() + used.Stime.Nano(), used.Nvcsw
}

func max(a, b uint64) uint64 {
	if a > b {
		return a
	}
	return b
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

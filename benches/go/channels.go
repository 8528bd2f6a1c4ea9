package main

import "os"

const (
	values     = 200_000
	producers  = 5
	valuesEach = 1_000
	oneshots   = 10_000
	requests   = 5_000
	hops       = 500
)

func oneProducer() {
	channel := make(chan uint64, 1_000)
	go produce(channel, values)
	consume(channel, values)
}

func fiveProducers(capacity int) {
	channel := make(chan uint64, capacity)
	for i := 0; i < producers; i++ {
		go produce(channel, valuesEach)
	}
	consume(channel, producers*valuesEach)
}

func produce(channel chan<- uint64, count uint64) {
	for value := uint64(0); value < count; value++ {
		channel <- value
	}
}

func consume(channel <-chan uint64, count int) {
	for i := 0; i < count; i++ {
		<-channel
	}
}

// Go has no oneshot: a channel with room for one.
func oneshot() {
	for value := uint64(0); value < oneshots; value++ {
		channel := make(chan uint64, 1)
		channel <- value
		if <-channel != value {
			panic("a value is lost")
		}
	}
}

type request struct {
	value uint64
	reply chan uint64
}

func requestReply() func() {
	server := make(chan request, 64)
	go func() {
		for asked := range server {
			asked.reply <- asked.value + 1
		}
	}()
	return func() {
		for value := uint64(0); value < requests; value++ {
			reply := make(chan uint64, 1)
			server <- request{value, reply}
			if <-reply != value+1 {
				panic("a reply is lost")
			}
		}
	}
}

func brigadeOfChannels() func() {
	first := make(chan byte, 1)
	incoming := first
	for i := 0; i < hops; i++ {
		source, outgoing := incoming, make(chan byte, 1)
		go func() {
			for value := range source {
				outgoing <- value
			}
		}()
		incoming = outgoing
	}
	last := incoming
	return func() {
		first <- 7
		<-last
	}
}

func brigadeOfPipes() func() {
	last, first := pipe()
	for i := 0; i < hops; i++ {
		source := last
		next, outgoing := pipe()
		go func() {
			buffer := []byte{0}
			for {
				_, err := source.Read(buffer)
				must(err)
				_, err = outgoing.Write(buffer)
				must(err)
			}
		}()
		last = next
	}
	buffer := []byte{7}
	return func() {
		_, err := first.Write(buffer)
		must(err)
		_, err = last.Read(buffer)
		must(err)
	}
}

func pipe() (*os.File, *os.File) {
	reader, writer, err := os.Pipe()
	must(err)
	return reader, writer
}

package main

import (
	"io"
	"net"
)

const (
	tripsInside = 5_000
	message     = 64
)

// A server of echo; where it listens.
func listen() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go func() {
		for {
			stream, err := listener.Accept()
			must(err)
			go echo(stream)
		}
	}()
	return listener.Addr().String()
}

func echo(stream net.Conn) {
	defer stream.Close()
	buffer := make([]byte, 4_096)
	for {
		read, err := stream.Read(buffer)
		if err != nil {
			return
		}
		if _, err := stream.Write(buffer[:read]); err != nil {
			return
		}
	}
}

// Server and clients in one process.
func echoInside(clients int) func() {
	address := listen()
	streams := make(chan net.Conn, clients)
	for i := 0; i < clients; i++ {
		stream, err := net.Dial("tcp", address)
		must(err)
		streams <- stream
	}
	return func() {
		all(clients, func() {
			stream := <-streams
			buffer := make([]byte, message)
			for i := 0; i < tripsInside/clients; i++ {
				_, err := stream.Write(buffer)
				must(err)
				_, err = io.ReadFull(stream, buffer)
				must(err)
			}
			streams <- stream
		})
	}
}

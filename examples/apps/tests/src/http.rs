//! As little of HTTP as a test needs to ask without a client of somebody's: one request, one answer.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::patience::LIMIT;

#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(one, _)| one == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Asks a server at `http://host:port` on a connection of its own.
pub fn request(url: &str, method: &str, path: &str, body: Option<&str>) -> io::Result<Answer> {
    let address = url.strip_prefix("http://").expect("no TLS");
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    request_on(stream, method, path, body)
}

/// Asks, and reads to the end of the connection.
pub fn request_on(
    mut stream: TcpStream,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> io::Result<Answer> {
    let length = body.map_or(0, str::len);
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.unwrap_or_default().as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    read(&text).ok_or_else(|| io::Error::other(format!("no answer: {text:?}")))
}

fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (first, headers) = head.split_once("\r\n")?;
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let headers = headers.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Some(Answer {
        status,
        headers: headers.collect(),
        body: body.to_owned(),
    })
}

//! wrk: load on a server over HTTP, and what it says of it.

use std::process::Command;

/// What wrk says at its end.
#[derive(Debug, PartialEq)]
pub(crate) struct Served {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    /// The latency that one request in a hundred exceeds, as wrk writes it.
    pub(crate) p99: String,
    pub(crate) errors: Vec<String>,
}

/// Asks for this URL, as the arguments say; `--latency` has to be among them.
pub(crate) fn ask(arguments: &[&str], url: &str) -> Result<Served, String> {
    let mut wrk = Command::new("wrk");
    wrk.args(arguments).arg(url);
    let output = wrk.output().map_err(|error| format!("wrk: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    read(&text).ok_or_else(|| format!("wrk says something else than expected:\n{text}"))
}

/// What wrk writes at its end; errors are only there if there were any.
fn read(output: &str) -> Option<Served> {
    let lines = || output.lines().map(str::trim);
    let behind = |word| {
        lines()
            .find_map(|line| line.strip_prefix(word))
            .map(str::trim)
    };
    let requests = lines().find_map(|line| line.split_once(" requests in "))?.0;
    let errors =
        lines().filter(|line| line.starts_with("Socket errors") || line.starts_with("Non-2xx"));
    let mut served = Served {
        requests: requests.parse().ok()?,
        per_second: behind("Requests/sec:")?.parse().ok()?,
        p99: behind("99%")?.to_owned(),
        errors: errors.map(str::to_owned).collect(),
    };
    if served.requests == 0 {
        served.errors.push("no request was answered".to_owned());
    }
    Some(served)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Running 10s test @ http://127.0.0.1:1/\n  2 threads and 100 connections\n  \
        Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency     1.39ms  ...\n  \
        Latency Distribution\n     50%    1.16ms\n     99%    5.60ms\n  \
        701394 requests in 10.02s, 88.97MB read\nRequests/sec:  70001.23\nTransfer/sec:  8.88MB\n";

    #[test]
    fn requests_and_latency_are_read() {
        let served = read(GOOD).expect("all is there");
        assert_eq!(served.requests, 701_394);
        assert_eq!(served.per_second, 70_001.23);
        assert_eq!((served.p99.as_str(), served.errors.len()), ("5.60ms", 0));
    }

    #[test]
    fn errors_are_read() {
        let socket = "  Socket errors: connect 0, read 3, write 0, timeout 1\n";
        let status = "  Non-2xx or 3xx responses: 17\n";
        let text = GOOD.replace("Requests/sec", &format!("{socket}{status}Requests/sec"));
        let served = read(&text).expect("all is there");
        assert_eq!(served.errors, [socket.trim(), status.trim()]);
    }

    #[test]
    fn silence_is_an_error() {
        assert_eq!(
            read("unable to connect to 127.0.0.1:1 Connection refused\n"),
            None
        );
        let none = GOOD.replace("701394", "0");
        assert_eq!(read(&none).expect("all is there").errors.len(), 1);
    }
}

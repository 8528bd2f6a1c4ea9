fn main() {
    runtime::select! {
        number = std::future::ready(5) => number,
    };
}

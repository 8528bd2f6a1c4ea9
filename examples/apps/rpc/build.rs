//! The service's two sides, out of its description: no compiler for protocol buffers is needed.

use tonic_build::manual::{Builder, Method, Service};

const NUMBER: &str = "crate::messages::Number";

fn main() {
    let method = |name: &str, route: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(NUMBER)
            .output_type(NUMBER)
            .codec_path("tonic_prost::ProstCodec")
    };
    let sums = Service::builder()
        .package("apps")
        .name("Sums")
        .method(method("double", "Double").build())
        .method(method("total", "Total").client_streaming().build())
        .method(method("count", "Count").server_streaming().build())
        .method(
            method("running", "Running")
                .client_streaming()
                .server_streaming()
                .build(),
        )
        .method(method("sleep", "Sleep").build())
        .method(method("streams", "Streams").build())
        .build();
    Builder::new().compile(&[sums]);
}

//! The services of `docker-compose.yml`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::pairs::Server;
use crate::run::root;

/// The URL of a service: keep in step with `docker-compose.yml`.
pub(crate) fn url(server: Server) -> &'static str {
    match server {
        Server::Postgres => "postgresql://birgus:birgus@127.0.0.1:5432/birgus",
        Server::MariaDb => "mariadb://root@127.0.0.1:3306/test",
        Server::MySql => "mysql://root@127.0.0.1:3307/test",
    }
}

/// Starts a service and waits until it is healthy.
pub(crate) fn up(server: Server) -> Result<()> {
    let engine = Command::new("docker")
        .arg("info")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match engine {
        Ok(status) if status.success() => {}
        Ok(_) => bail!("docker: no engine answers"),
        Err(_) => bail!("docker: not installed"),
    }
    let service = server.service();
    eprintln!("starting {server}: docker compose up -d --wait {service}");
    let output = Command::new("docker")
        .args(["compose", "up", "-d", "--wait", service])
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .context("docker compose")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!(
            "docker compose up {service}: {}",
            text.trim().lines().last().unwrap_or("failed")
        );
    }
    Ok(())
}

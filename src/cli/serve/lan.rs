//! How a class finds the server: its addresses, a name in the network, and a QR code for phones.

use super::door::{Entrance, LOCAL_NAME};
use crate::server::Access;
use mdns_sd::{ServiceDaemon, ServiceInfo};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::net::{IpAddr, SocketAddr};

/// Prints where the class can be joined, and by what.
pub(super) fn announce(bound: SocketAddr, entrance: &Entrance) {
    let Entrance { access, scheme, code, new_password } = entrance;
    let here = if bound.ip().is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { bound.ip() };
    let here = format!("{scheme}://{}", SocketAddr::new(here, bound.port()));
    println!("\nLectern is ready: {here}/demo");
    println!("The teacher's page: {here}/teach");
    if let Some(password) = new_password {
        println!("The teacher's password, shown this once: {password}");
        println!("(Change it on that page, or with --teacher-password.)");
    }
    let address = match access {
        Access::Class(class) => class.address.clone(),
        Access::Open if bound.ip().is_unspecified() => {
            addresses().first().map(|address| format!("{scheme}://{}", SocketAddr::new(*address, bound.port())))
        }
        Access::Open => {
            println!();
            return;
        }
    };
    let Some(address) = address else {
        println!("This machine is in no network; phones cannot join until it is.\n");
        return;
    };
    println!("\nFor everyone in this network:");
    let join = code.as_ref().map_or_else(|| format!("{address}/demo"), |code| format!("{address}/join?code={code}"));
    if let Some(code) = code {
        println!("  {address}/join   class code: {code}");
    }
    if bound.ip().is_unspecified() {
        let page = if code.is_some() { "join" } else { "demo" };
        let port = bound.port();
        addresses().iter().skip(1).for_each(|other| println!("  {}", page_of(scheme, *other, port, page)));
        println!("  {scheme}://{LOCAL_NAME}:{port}/{page}   (where the network finds names)");
    }
    if let Some(code) = qr(&join) {
        println!();
        for line in code.lines() {
            println!("\x1b[97;40m{line}\x1b[0m");
        }
    }
    match access {
        Access::Open => println!("Whoever is in this network can join and lead the class: nobody has to log in.\n"),
        Access::Class(_) => println!("Scan it, or type the address and the code.\n"),
    }
}

fn page_of(scheme: &str, address: IpAddr, port: u16, page: &str) -> String {
    format!("{scheme}://{}/{page}", SocketAddr::new(address, port))
}

/// Lets the network find this machine as `lectern.local`, until what is returned is dropped; nothing where the server is
/// not for the network, or the network does not allow it.
pub(super) fn publish(bound: SocketAddr, tls: bool) -> Option<Published> {
    if !bound.ip().is_unspecified() {
        return None;
    }
    let kind = if tls { "_https._tcp.local." } else { "_http._tcp.local." };
    let addresses = addresses();
    let service = ServiceInfo::new(kind, "Lectern", "lectern.local.", addresses.as_slice(), bound.port(), None);
    let published = service.and_then(|service| {
        let daemon = ServiceDaemon::new()?;
        daemon.register(service)?;
        Ok(Published(daemon))
    });
    published.inspect_err(|error| tracing::warn!(%error, "the network cannot find this machine by name")).ok()
}

/// Takes the name back when dropped.
pub(super) struct Published(ServiceDaemon);

impl Drop for Published {
    fn drop(&mut self) {
        let _the_process_ends = self.0.shutdown();
    }
}

/// Addresses a phone may reach, the likeliest first: private IPv4 of real interfaces before those of bridges and tunnels.
pub(super) fn addresses() -> Vec<IpAddr> {
    const VIRTUAL: &[&str] = &["docker", "br-", "veth", "virbr", "tun", "tap", "wg", "vmnet", "vboxnet"];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut found: Vec<(bool, IpAddr)> = interfaces
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local() && interface.ip().is_ipv4())
        .map(|interface| (VIRTUAL.iter().any(|name| interface.name.starts_with(name)), interface.ip()))
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, address)| address).collect()
}

/// The text as a QR code of half blocks. What is drawn are the light modules, in white on black whatever the terminal's
/// own colours.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_links_that_a_phone_can_open() {
        for (address, expected) in
            [("192.168.1.7", "http://192.168.1.7:8000/demo"), ("fd00::7", "http://[fd00::7]:8000/demo")]
        {
            assert_eq!(page_of("http", address.parse().expect("an address"), 8000, "demo"), expected);
        }
    }

    #[test]
    fn the_code_is_square_in_half_blocks() {
        let code = qr("http://192.168.1.7:8000/demo").expect("a short text fits");
        let lines: Vec<&str> = code.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
    }
}

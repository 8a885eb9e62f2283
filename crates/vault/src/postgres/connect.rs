//! A connection that is proved from both sides.
//!
//! Invariant: TLS is required, and its certificate verified in full. Where there is a password, the server must prove
//! by SCRAM over this very connection that it knows it too; one that asks for it in clear or as MD5 is refused.

use std::time::Duration;

use sealine_protect::{ProtectError, VaultFault};
use tokio_postgres::{
    Client, Config, Connection, Socket,
    config::{ChannelBinding, SslMode},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{fault, tls};
use crate::place::Server;

/// How long a server may take to let us in.
const CONNECT: Duration = Duration::from_secs(10);

/// What carries the messages of a [`Client`]: runs until that is dropped.
pub(super) type Carrier = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// How a session behaves: every statement ends, and what is committed is on the disk. Names are written in full, so
/// that no path decides which table is meant.
const BEHAVIOUR: &str = "
    SET statement_timeout = '60s';
    SET lock_timeout = '30s';
    SET idle_in_transaction_session_timeout = '120s';
    SET search_path = pg_catalog;
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local');
";

/// Connects. The client answers while the carrier is polled.
pub(super) async fn connect(server: &Server) -> Result<(Client, Carrier), ProtectError> {
    let refuse = |fault, reason| ProtectError::VaultServer {
        server: server.to_string(),
        fault,
        reason,
    };
    let tls = tls::config(server).map_err(|reason| refuse(VaultFault::Unproven, reason))?;
    let mut config = Config::new();
    config
        .host(&server.host)
        .port(server.port)
        .dbname(&server.database)
        .user(&server.user)
        .application_name("sealine")
        .ssl_mode(SslMode::Require)
        .connect_timeout(CONNECT)
        .keepalives_idle(Duration::from_secs(30))
        .tcp_user_timeout(Duration::from_secs(30));
    if let Some(password) = &server.password {
        config
            .password(password.expose())
            .channel_binding(ChannelBinding::Require);
    }
    let connecting = config.connect(MakeRustlsConnect::new(tls));
    let late = "it does not answer within ten seconds";
    let (client, carrier) = tokio::time::timeout(CONNECT, connecting)
        .await
        .map_err(|_| refuse(VaultFault::Unreachable, late))?
        .map_err(|error| {
            let (fault, reason) = fault::connecting(&error, server.password.is_some());
            refuse(fault, reason)
        })?;
    Ok((client, carrier))
}

/// Lets a session behave as it must.
pub(super) async fn settle(client: &Client) -> Result<(), tokio_postgres::Error> {
    client.batch_execute(BEHAVIOUR).await
}

//! Messages with open files, over a pair of sockets that keeps them apart.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd, OwnedFd, RawFd},
};

use nix::{
    errno::Errno,
    sys::socket::{
        AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, sendmsg, socketpair,
    },
};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};

/// The longest message, in bytes.
pub const LONGEST: usize = 128 << 10;
/// How many open files go with a message at most.
const MOST_FILES: usize = 4;
/// How many the kernel lets anybody send with one: there is room for them, so that none is lost sight
/// of that is not wanted.
const MOST_OF_KERNEL: usize = 253;

/// What came.
#[derive(Debug)]
pub enum Received {
    Message(Vec<u8>, Vec<OwnedFd>),
    /// A message that is longer, or has more files, than any may.
    TooLong,
    /// A message with files of which some, or all, could not be opened here: there are too many.
    WithoutFiles(Vec<u8>),
    /// The other end is gone.
    End,
}

/// Two ends of a connection.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC;
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?)
}

/// Sends a message; waits while the other end has not yet taken the earlier ones.
pub fn send(socket: impl AsFd, message: &[u8], files: &[OwnedFd]) -> io::Result<()> {
    if message.len() > LONGEST || files.len() > MOST_FILES {
        return Err(Errno::EMSGSIZE.into());
    }
    let files: Vec<RawFd> = files.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&files)];
    let rights = if files.is_empty() { &rights[..0] } else { &rights[..] };
    loop {
        let content = [IoSlice::new(message)];
        let socket = socket.as_fd().as_raw_fd();
        match sendmsg::<()>(socket, &content, rights, MsgFlags::MSG_NOSIGNAL, None) {
            Err(Errno::EINTR) => {}
            sent => return sent.map(drop).map_err(io::Error::from),
        }
    }
}

/// Waits for a message.
pub fn receive(socket: impl AsFd) -> io::Result<Received> {
    let mut content = vec![0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_OF_KERNEL))];
    loop {
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(&mut content)];
        let message = match recvmsg(&socket, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(rustix::io::Errno::CONNRESET) => return Ok(Received::End),
            message => message?,
        };
        // All that arrived are ours now, and closed if they are not wanted.
        let files: Vec<OwnedFd> = control.drain().flat_map(owned).collect();
        let is = |flag| message.flags.contains(flag);
        if is(ReturnFlags::TRUNC) || files.len() > MOST_FILES {
            return Ok(Received::TooLong);
        }
        if message.bytes == 0 && files.is_empty() && !is(ReturnFlags::CTRUNC) {
            return Ok(Received::End);
        }
        content.truncate(message.bytes);
        return Ok(match is(ReturnFlags::CTRUNC) {
            true => Received::WithoutFiles(content),
            false => Received::Message(content, files),
        });
    }
}

fn owned(message: RecvAncillaryMessage<'_>) -> Vec<OwnedFd> {
    match message {
        RecvAncillaryMessage::ScmRights(files) => files.collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read, Seek, Write},
    };

    use super::*;

    #[test]
    fn messages_arrive_one_by_one_with_their_files_until_the_end() {
        let (here, there) = pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"content").unwrap();
        file.rewind().unwrap();
        send(&here, b"one", &[]).unwrap();
        send(&here, b"two", &[file.into()]).unwrap();
        let Received::Message(one, none) = receive(&there).unwrap() else { panic!() };
        assert_eq!((one.as_slice(), none.len()), (&b"one"[..], 0));
        let Received::Message(two, files) = receive(&there).unwrap() else { panic!() };
        let mut text = String::new();
        File::from(files.into_iter().next().unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!((two.as_slice(), text.as_str()), (&b"two"[..], "content"));
        drop(here);
        assert!(matches!(receive(&there).unwrap(), Received::End));
    }

    #[test]
    fn what_is_too_long_is_not_sent_and_not_taken() {
        let (here, there) = pair().unwrap();
        assert!(send(&here, &vec![0; LONGEST], &[]).is_ok());
        assert!(
            matches!(receive(&there).unwrap(), Received::Message(all, _) if all.len() == LONGEST)
        );
        assert!(send(&here, &vec![0; LONGEST + 1], &[]).is_err());
        let content = vec![0; LONGEST + 1];
        let slices = [IoSlice::new(&content)];
        sendmsg::<()>(here.as_raw_fd(), &slices, &[], MsgFlags::empty(), None).unwrap();
        assert!(matches!(receive(&there).unwrap(), Received::TooLong));
        let file: OwnedFd = tempfile::tempfile().unwrap().into();
        let files = [file.as_raw_fd(); 200];
        let (rights, slices) = ([ControlMessage::ScmRights(&files)], [IoSlice::new(b"x")]);
        sendmsg::<()>(here.as_raw_fd(), &slices, &rights, MsgFlags::empty(), None).unwrap();
        assert!(matches!(receive(&there).unwrap(), Received::TooLong));
        send(&here, b"next", &[]).unwrap();
        assert!(matches!(receive(&there).unwrap(), Received::Message(next, _) if next == b"next"));
    }

    #[test]
    fn files_for_which_there_is_no_room_are_missed_and_none_is_left_open() {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (here, there) = pair().unwrap();
        let file = || OwnedFd::from(tempfile::tempfile().unwrap());
        send(&here, b"first", &[file(), file(), file()]).unwrap();
        send(&here, b"second", &[file()]).unwrap();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        // The next two numbers are all that is left.
        let (a, b) = (file(), file());
        let limit = u64::try_from(b.as_raw_fd() + 1).unwrap();
        drop((a, b));
        setrlimit(Resource::RLIMIT_NOFILE, limit, hard).unwrap();
        let first = receive(&there);
        let second = receive(&there);
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
        assert!(matches!(first.unwrap(), Received::WithoutFiles(content) if content == b"first"));
        assert!(matches!(second.unwrap(), Received::Message(_, files) if files.len() == 1));
    }
}

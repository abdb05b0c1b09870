# Sends one marked probe and waits for its answer: probe.pl PROTOCOL ADDRESS PORT MARKER SECONDS.
# The marker is a 32-bit number: the first bytes of an ICMP or UDP payload, or TCP's initial sequence
# number. For UDP, the payload comes in hexadecimal on standard input. Prints one line: an outcome, as
# `answered`, `refused`, `unreachable TEXT` or `silent`.
use strict;
use warnings;
use Errno qw(ECONNREFUSED EINPROGRESS);
use Socket qw(:DEFAULT IPPROTO_TCP);

my ($protocol, $address, $port, $marker, $seconds) = @ARGV;
my $to = sockaddr_in($port, inet_aton($address));

sub finish { print "$_[0]\n"; exit 0; }

sub ready {
  my ($socket, $for_write) = @_;
  my $bits = '';
  vec($bits, fileno($socket), 1) = 1;
  my ($read, $write) = $for_write ? (undef, $bits) : ($bits, undef);
  return select($read, $write, undef, $seconds) > 0;
}

sub failed {
  finish('refused') if $! == ECONNREFUSED;
  finish("unreachable $!");
}

sub checksum {
  my $sum = 0;
  $sum += $_ for unpack('n*', $_[0]);
  $sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
  return ~$sum & 0xffff;
}

sub icmp {
  socket(my $socket, PF_INET, SOCK_RAW, 1) or die "can't open a raw socket: $!\n";
  my ($id, $payload) = ($$ & 0xffff, pack('N', $marker) . "hardway walk" x 4);
  my $sum = checksum(pack('CCnnna*', 8, 0, 0, $id, 1, $payload));
  send($socket, pack('CCnnna*', 8, 0, $sum, $id, 1, $payload), 0, $to) or failed();
  my $deadline = time + $seconds + 1;
  while (ready($socket) && time < $deadline) {
    recv($socket, my $packet, 65535, 0);
    my $message = substr($packet, 4 * (ord($packet) & 15));
    finish('answered') if substr($message, 8, 4) eq pack('N', $marker) && ord($message) == 0;
    finish('unreachable ICMP error') if length $message >= 40 && substr($message, 36, 4) eq pack('N', $marker);
  }
  finish('silent');
}

# Linux lets a closed socket choose its first sequence number while it is in repair mode (tcp(7),
# TCP_REPAIR). The handshake after that is an ordinary one.
sub tcp {
  my ($REPAIR, $QUEUE, $SEQUENCE, $SEND_QUEUE, $NO_PROBE) = (19, 20, 21, 2, -1);
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "can't open a socket: $!\n";
  for ([$REPAIR, 1], [$QUEUE, $SEND_QUEUE], [$SEQUENCE, $marker], [$QUEUE, 0], [$REPAIR, $NO_PROBE]) {
    my ($option, $value) = @$_;
    setsockopt($socket, IPPROTO_TCP, $option, pack($value < 0 ? 'l' : 'L', $value))
      or die "can't choose the sequence number: $!\n";
  }
  $socket->blocking(0);
  connect($socket, $to) and finish('answered');
  failed() unless $! == EINPROGRESS;
  finish('silent') unless ready($socket, 1);
  $! = unpack('i', getsockopt($socket, SOL_SOCKET, SO_ERROR));
  $! == 0 ? finish('answered') : failed();
}

sub udp {
  socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die "can't open a socket: $!\n";
  connect($socket, $to) or failed();
  defined send($socket, pack('H*', <STDIN> // ''), 0) or failed();
  finish('silent') unless ready($socket);
  defined recv($socket, my $answer, 65535, 0) ? finish('answered') : failed();
}

require IO::Handle;
{ icmp => \&icmp, tcp => \&tcp, udp => \&udp }->{$protocol}->();

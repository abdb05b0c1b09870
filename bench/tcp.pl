# Measures one TCP connection with the node's own perl. `receive PORT SECONDS` prints the bytes a second between the first
# and the last byte that arrive. `send ADDRESS PORT SECONDS` sends zeros for that time.
# The sender uses Reno, which every kernel has and every user may choose. BBR, the default of some kernels, paces by its
# own estimate, so that the result would not be the network path's.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_CONGESTION);
use Time::HiRes qw(time sleep);

my ($role, @arguments) = @ARGV;
my $block = "\0" x (1 << 20);
# Time limit of the whole program.
alarm 60;

if ($role eq 'receive') {
    my ($port, $seconds) = @arguments;
    my $server = IO::Socket::INET->new(Listen => 1, LocalPort => $port, ReuseAddr => 1, Timeout => $seconds) or die "no socket: $@\n";
    my $peer = $server->accept or die "no connection in $seconds s\n";
    my ($bytes, $start, $end) = (0);
    while (my $got = sysread $peer, my $buffer, 1 << 20) {
        $end = time;
        # The first block may have waited for any time.
        if (defined $start) { $bytes += $got } else { $start = $end }
    }
    die "nothing came\n" unless $bytes and $end > $start;
    printf "%d\n", $bytes / ($end - $start);
} else {
    my ($address, $port, $seconds) = @arguments;
    my $peer;
    my $patience = time + 10;
    until ($peer = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 2)) {
        die "$address:$port does not answer: $@\n" if time > $patience;
        sleep 0.1;
    }
    setsockopt $peer, IPPROTO_TCP, TCP_CONGESTION, 'reno' or die "no Reno: $!\n";
    my $end = time + $seconds;
    while (time < $end) { syswrite($peer, $block) or die "the connection broke: $!\n" }
}

# Measures one TCP connection with nothing but a machine's own perl: as `receive PORT SECONDS` it prints the bytes a
# second that arrive, between the first and the last of them; as `send ADDRESS PORT SECONDS` it sends zeros for so long.
# It sends by Reno, which every kernel has and lets everybody choose: BBR, the default of some, paces what it sends by its own
# estimate, and is measured then instead of the way.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_CONGESTION);
use Time::HiRes qw(time sleep);

my ($role, @arguments) = @ARGV;
my $block = "\0" x (1 << 20);
# Nothing here may outlast its sense.
alarm 60;

if ($role eq 'receive') {
    my ($port, $seconds) = @arguments;
    my $server = IO::Socket::INET->new(Listen => 1, LocalPort => $port, ReuseAddr => 1, Timeout => $seconds) or die "no socket: $@\n";
    my $peer = $server->accept or die "nobody connected in $seconds s\n";
    my ($bytes, $start, $end) = (0);
    while (my $got = sysread $peer, my $buffer, 1 << 20) {
        $end = time;
        # What comes first has waited for nobody knows how long.
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

# Runs programs on a node as root for a walk: perl -e PROGRAM SECONDS. It ends after SECONDS, and when
# its standard input ends. The kernel then kills every program that it started (setpriv --pdeathsig).
# Standard input has one command a line; words and data are hexadecimal:
#   start ID WORD...    input ID DATA    end ID    signal ID NAME
# Standard output has one event a line:
#   ready    pid ID PID    out ID DATA    err ID DATA    exit ID CODE
use strict;
use warnings;
use IO::Handle;
use IO::Select;
use POSIX ();

my ($seconds) = @ARGV;
my $agent = $$;
# A program does not start if the agent ended before setpriv asked for the signal.
# util/ends-with-parent.ts does this on the host.
my @guard = ('setpriv', '--pdeathsig', 'KILL', 'sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"', $agent);
$SIG{ALRM} = sub { exit 1 };
# A program can end before it has read its input.
$SIG{PIPE} = 'IGNORE';
alarm $seconds;
STDOUT->autoflush(1);

my $select = IO::Select->new(\*STDIN);
my (%programs, %owners);

# Ends the agent if no process reads its output.
sub event { print join(' ', @_) . "\n" or exit 1; }

sub start {
  my ($id, @words) = @_;
  pipe(my $in_read, my $in_write) or die "can't make a pipe: $!\n";
  pipe(my $out_read, my $out_write) or die "can't make a pipe: $!\n";
  pipe(my $err_read, my $err_write) or die "can't make a pipe: $!\n";
  my $pid = fork() // die "can't start a program: $!\n";
  if ($pid == 0) {
    alarm 0;
    $SIG{PIPE} = 'DEFAULT';
    POSIX::dup2(fileno($in_read), 0);
    POSIX::dup2(fileno($out_write), 1);
    POSIX::dup2(fileno($err_write), 2);
    exec(@guard, map { pack('H*', $_) } @words) or POSIX::_exit(127);
  }
  close $_ for $in_read, $out_write, $err_write;
  $in_write->autoflush(1);
  $programs{$id} = { pid => $pid, input => $in_write, open => 2 };
  $owners{fileno $out_read} = [$id, 'out'];
  $owners{fileno $err_read} = [$id, 'err'];
  $select->add($out_read, $err_read);
  event('pid', $id, $pid);
}

sub command {
  my ($verb, $id, @rest) = split ' ', $_[0];
  return start($id, @rest) if $verb eq 'start';
  my $program = $programs{$id} or return;
  print { $program->{input} } pack('H*', $rest[0] // '') if $verb eq 'input';
  close $program->{input} if $verb eq 'end';
  kill $rest[0], $program->{pid} if $verb eq 'signal';
}

sub output {
  my ($handle) = @_;
  my ($id, $kind) = @{ $owners{fileno $handle} };
  my $size = sysread($handle, my $data, 65536);
  return event($kind, $id, unpack('H*', $data)) if $size;
  delete $owners{fileno $handle};
  $select->remove($handle);
  close $handle;
  my $program = $programs{$id};
  return if --$program->{open} > 0;
  waitpid $program->{pid}, 0;
  event('exit', $id, $? & 127 ? 128 + ($? & 127) : $? >> 8);
  delete $programs{$id};
}

event('ready');
my $pending = '';
while (1) {
  for my $handle ($select->can_read) {
    if (fileno($handle) != fileno(STDIN)) { output($handle); next; }
    sysread(STDIN, $pending, 65536, length $pending) or exit 0;
    command($1) while $pending =~ s/^([^\n]*)\n//;
  }
}

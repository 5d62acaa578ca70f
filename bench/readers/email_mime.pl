# Email::MIME over the files that are named on standard input: a line of JSON for each.
use strict;
use warnings;
use Email::MIME;
use JSON::PP;
use MIME::Base64 qw(encode_base64);

$| = 1;
local $SIG{__WARN__} = sub { };
my $json = JSON::PP->new->utf8->canonical;

sub leaves {
    my ($entity, $depth, $found) = @_;
    die "deep\n" if $depth > 60;
    my $type = lc($entity->content_type // "text/plain");
    $type =~ s/\s*;.*//s;
    my @below = grep { $_ != $entity } $entity->subparts;
    if (@below) {
        leaves($_, $depth + 1, $found) for @below;
        return;
    }
    my $name = eval { $entity->filename } // "";
    push @$found, ["$name", $type, encode_base64($entity->body // "", "")];
    if ($type eq "message/rfc822" && length($entity->body // "")) {
        leaves(Email::MIME->new($entity->body), $depth + 1, $found);
    }
}

while (my $path = <STDIN>) {
    chomp $path;
    my @found;
    my $said = eval {
        open my $file, "<:raw", $path or die "cannot open\n";
        local $/;
        my $raw = <$file>;
        local $SIG{ALRM} = sub { die "slow\n" };
        alarm 20;
        leaves(Email::MIME->new($raw), 0, \@found);
        alarm 0;
        { parts => \@found };
    } // { fault => "$@" };
    alarm 0;
    utf8::encode($_->[0]) for grep { utf8::is_utf8($_->[0]) } @found;
    print $json->encode($said), "\n";
}

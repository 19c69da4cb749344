#!/bin/sh
# Usage: signature_test.sh VERIFY MAKE   Commits and tags that git signed with gpg and ssh-keygen: who signed, and what
# is refused. Throw-away keys in a keyring and files of our own.
verify=$1
. "$(dirname "$0")/make.sh"
program=$2
# The path of gpg's sockets is short: a folder right below /tmp.
GNUPGHOME=$(mktemp -d /tmp/gpg.XXXXXX)
HOME=$work/home TMPDIR=$work/tmp
export GNUPGHOME HOME TMPDIR
mkdir "$HOME" "$TMPDIR"
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME" "$work"' EXIT

# verify STATUS TEXT ARGUMENT...: must end with STATUS; 0: TEXT is a line of stdout, else of stderr, and stdout is empty.
verify() {
  expected=$1
  text=$2
  shift 2
  status=0
  "$verify" --signature "$@" >printed 2>said || status=$?
  [ "$status" = "$expected" ] || die "status $status, not $expected: docteur-verify --signature $*
$(cat printed said)"
  if [ "$expected" = 0 ]; then
    grep -q "$text" printed || die "no line '$text': $(cat printed said)"
  else
    [ ! -s printed ] || die "printed: $(cat printed)"
    [ "$(wc -l <said)" = 1 ] || die "not one line: $(cat said)"
    grep -q "^docteur-verify: .*$text" said || die "no word of '$text': $(cat said)"
  fi
}
# both STATUS TEXT REF: an image of REF, and docteur-make --require-signature of it, which leaves nothing when it fails.
both() {
  make 0 -q -b "$3" repository disk.img
  verify "$1" "$2" disk.img
  mkdir -p out
  make "$1" --require-signature -v -b "$3" repository out/disk.img
  if [ "$1" = 0 ]; then
    cmp disk.img out/disk.img
    rm out/disk.img
  else
    grep -q "^docteur-make: --require-signature: .*$2" said || die "no word of '$2': $(cat said)"
    [ -z "$(ls -A out)" ] || die "left behind: $(ls -A out)"
  fi
}
git() {
  command git -c user.name=T -c user.email=t@t "$@"
}
key() {
  gpg --batch --quiet --passphrase '' --quick-generate-key "$1" ed25519 sign "${2:-0}" 2>gpg.log || die "$(cat gpg.log)"
  gpg --batch --list-keys --with-colons "$1" 2>gpg.log | sed -n 's/^fpr:::::::::\([^:]*\):.*/\1/p' | head -n 1
}

sample_repository repository
jane=$(key 'Jane Doe <jane@example.org>')
[ ${#jane} = 40 ] || die "no key: $(cat gpg.log)"

# Not signed at all, and a folder, which nobody can sign.
both 1 'commit: not signed' main
mkdir folder
echo x >folder/x
make 1 --require-signature folder out.img
[ ! -e out.img ] || die "an image of an unsigned folder"

# OpenPGP: a commit, a tag of an unsigned commit.
git -C repository commit -q -S"$jane" --allow-empty -m 'signed by Jane'
git -C repository branch jane
both 0 "^signed	: commit by Jane Doe <jane@example.org> (OpenPGP $jane)\$" jane
grep -q "commit signed by Jane Doe" said || die "make says nothing: $(cat said)"
git -C repository verify-commit jane 2>git.log || die "git: $(cat git.log)"
git -C repository tag -s -u "$jane" -m 'a release' v1 main~1 2>git.log
both 0 "^signed	: tag v1 by Jane Doe <jane@example.org> (OpenPGP $jane)\$" v1
git -C repository tag -a -m 'not signed' v1-again v1 2>git.log
both 0 '^signed	: tag v1 by Jane' v1-again
git -C repository tag -a -m 'not signed' plain main~1
both 1 'tag plain: not signed' plain
git -C repository tag -a -m 'not signed' of-signed jane
both 0 '^signed	: commit by Jane' of-signed
grep -q 'tag of-signed: not signed' said || die "no word of the tag: $(cat said)"
make 0 -q -b v1 repository v1.img
"$verify" --signature --json v1.img >json 2>said
grep -q '"signatures":\[{"object":"commit","result":"absent","text":"not signed"},{"object":"tag v1","result":"good",' json ||
  die "JSON: $(cat json)"
"$verify" v1.img >printed
! grep signed printed >said || die "not asked: $(cat said)"
"$verify" -q --signature v1.img >printed 2>&1
[ ! -s printed ] || die "quiet: $(cat printed)"

# A part of a signed commit: what was signed may become an image, but nobody signed what it holds.
make 0 --require-signature --path doc -b jane repository part.img
status=0
"$verify" --signature part.img >printed 2>said || status=$?
[ $status = 1 ] && [ ! -s printed ] || die "status $status for a part: $(cat printed said)"
grep -q 'note: a signature of commit .* does not cover what is in this image' said || die "no word of it: $(cat said)"
tail -n 1 said | grep -q 'commit: not signed$' || die "no reason: $(cat said)"
make 1 --require-signature --path doc -b "$(git -C repository rev-parse main~1)" repository out/part.img

# Payload altered, and the ids made right again.
altered() {
  git -C repository cat-file "$1" "$2" | sed "$3" >altered
  ! git -C repository cat-file "$1" "$2" | cmp -s - altered || die "not altered: $2"
  git -C repository hash-object -t "$1" -w "$work/altered"
}
both 1 'commit: a bad signature: not what was signed' "$(altered commit jane 's/by Jane/by Eve/')"
both 1 'tag v2: a bad signature: not what was signed' "$(altered tag v1 's/^tag v1/tag v2/')"
both 1 'commit: ' "$(altered commit jane 's/^ [A-Za-z0-9+]/ =/')"
# A second signature: which one counts?
git -C repository cat-file commit jane | awk '/^gpgsig(-sha256)? /{on=1; sig=$0; next} on && /^ /{sig=sig "\n" $0; next}
  on{print sig; print sig; on=0} {print}' >twice
both 1 'commit: more than one signature' "$(git -C repository hash-object --literally -t commit -w "$work/twice")"

# Keys that nobody vouches for: not in the keyring, expired, revoked, or not trusted enough.
eve=$(key 'Eve <eve@example.org>')
git -C repository commit -q -S"$eve" --allow-empty -m 'signed by Eve'
git -C repository branch eve
both 0 '^signed	: commit by Eve' eve
printf '[gpg]\n\tminTrustLevel = ULTIMATE\n' >home/.gitconfig
both 0 '^signed	: commit by Eve' eve
printf '%s:2:\n' "$eve" | gpg --batch --quiet --import-ownertrust 2>gpg.log
both 1 'commit: made with a key that is not trusted enough' eve
printf '[gpg]\n\tminTrustLevel = fully\n' >home/.gitconfig
both 0 '^signed	: commit by Jane' jane
both 1 'commit: made with a key that is not trusted enough' eve
: >home/.gitconfig
gpg --batch --quiet --yes --delete-secret-and-public-key "$eve" 2>gpg.log
both 1 "commit: cannot be checked: its key is not in the keyring (OpenPGP key $(echo "$eve" | cut -c25-))" eve
printf '#!/bin/sh\nexec gpg --faked-system-time 20200102T000000 "$@"\n' >old-gpg
chmod +x old-gpg
gpg --batch --quiet --faked-system-time 20200101T000000 --passphrase '' --quick-generate-key 'Old <old@example.org>' \
  ed25519 sign 2020-01-10 2>gpg.log || die "$(cat gpg.log)"
git -C repository -c gpg.program="$work/old-gpg" commit -q -Sold@example.org --allow-empty -m 'signed long ago'
git -C repository branch old
both 1 'commit: made with a key that has expired' old
# A signature by a key that nobody knows takes nothing from one that is good.
git -C repository tag -s -u "$jane" -m 'by Jane, of what Eve signed' mixed eve
both 0 '^signed	: tag mixed by Jane' mixed
printf '%s' y | gpg --batch --yes --command-fd 0 --quiet --import "$GNUPGHOME/openpgp-revocs.d/$jane.rev" 2>gpg.log || true
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$jane.rev" | gpg --batch --quiet --import 2>gpg.log
both 1 'commit: made with a key that was revoked' jane

# SSH: allowed signers, by option and by git's configuration.
for who in bob mallory; do ssh-keygen -q -t ed25519 -N '' -C $who -f $who; done
ssh() {
  signer=$1
  shift
  git -C repository -c gpg.format=ssh -c user.signingkey="$work/$signer" "$@"
}
ssh bob commit -q -S --allow-empty -m 'signed by Bob'
git -C repository branch bob
ssh bob tag -s -m 'a release' bob-v1 main~4
ssh mallory commit -q -S --allow-empty -m 'signed by Mallory'
git -C repository branch mallory
both 1 'commit: no signer is allowed; --allowed-signers or ' bob
{
  echo "# who may"
  echo "bob@example.org,robert@example.org namespaces=\"git\" $(cat bob.pub)"
  echo "mallory@example.org namespaces=\"file\" $(cat mallory.pub)"
} >allowed
fingerprint=$(ssh-keygen -lf bob.pub | cut -d' ' -f2)
make 0 -q -b bob repository bob.img
verify 0 "^signed	: commit by bob@example.org (SSH ED25519 key $fingerprint)\$" --allowed-signers allowed bob.img
make 0 --require-signature --allowed-signers allowed -b bob repository bob2.img
cmp bob.img bob2.img
mkdir -p home/.config/git
cp allowed home/signers
printf '[gpg "ssh"]\n\tallowedSignersFile = ~/signers\n' >home/.config/git/config
both 0 '^signed	: commit by bob@example.org' bob
both 0 '^signed	: tag bob-v1 by bob@example.org' bob-v1
both 1 'commit: a bad signature: not what was signed' "$(altered commit bob 's/by Bob/by Eve/')"
both 1 'commit: made with a key that its signer may not use for this' mallory
echo "bob@example.org $(cat bob.pub)" >home/signers
both 1 "commit: made with a key that belongs to no allowed signer (SSH ED25519 key $(ssh-keygen -lf mallory.pub | cut -d' ' -f2))" mallory
echo "bob@example.org valid-before=\"20200101\" $(cat bob.pub)" >home/signers
both 1 'commit: made with a key that ' bob
cp allowed home/signers
cp bob.pub revoked
printf '[gpg "ssh"]\n\tallowedSignersFile = ~/signers\n\trevocationFile = %s\n' "$work/revoked" >home/.config/git/config
both 1 'commit: made with a key that ' bob
# What the repository itself says of this is no matter.
command git -C repository config gpg.ssh.allowedSignersFile "$work/allowed"
command git -C repository config gpg.ssh.program /bin/true
rm home/.config/git/config
both 1 'commit: no signer is allowed' mallory

# What cannot be asked is status 3; what makes no sense 2.
verify 3 'nowhere: No such file' --allowed-signers nowhere bob.img
printf '[gpg]\n\tprogram = /nowhere/gpg\n[gpg "ssh"]\n\tprogram = /nowhere/ssh-keygen\n' >home/.gitconfig
verify 3 '/nowhere/gpg: cannot be run: No such file or directory; it checks OpenPGP signatures' v1.img
verify 3 '/nowhere/ssh-keygen: cannot be run' --allowed-signers allowed bob.img
printf '[gpg\n' >home/.gitconfig
verify 3 'gitconfig: ' v1.img
: >home/.gitconfig
make 2 --allowed-signers allowed -b bob repository out/x.img
status=0
"$verify" --allowed-signers allowed bob.img 2>said || status=$?
[ $status = 2 ] || die "status $status"

# A damaged image is no matter for signatures.
cp v1.img bad.img
printf x | dd of=bad.img bs=1 seek=100 conv=notrunc 2>dd.log
status=0
"$verify" --signature bad.img >printed 2>said || status=$?
[ $status = 1 ] && ! grep -q signed printed said || die "status $status: $(cat printed said)"
[ -z "$(ls -A tmp)" ] || die "left behind: $(ls -A tmp)"

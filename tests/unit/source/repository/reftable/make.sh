#!/bin/sh
# Makes the repositories in this folder anew, with git 2.46 or later (Debian 13 has 2.47), and prints them as a tar
# archive: their references only, no objects.
#
#   scripts/fresh-root trixie tests/unit/source/repository/reftable/make.sh | tar -xC tests/unit/source/repository/reftable
#
# KIND/repository is what lay in `.git`, KIND/main.txt and KIND/linked.txt hold what git finds in its main and in its
# linked worktree.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org GIT_COMMITTER_DATE='1700000000 +0000'
# Each command adds a table, and only pack-refs merges them.
export GIT_TEST_REFTABLE_AUTOCOMPACTION=false

references() { # of a worktree: "NAME ID", or "NAME -> TARGET"
  echo "HEAD -> $(git -C "$1" symbolic-ref HEAD)"
  git -C "$1" for-each-ref --format='%(refname) %(if)%(symref)%(then)-> %(symref)%(else)%(objectname)%(end)'
}

for kind in sha1 sha256; do
  repository=$work/$kind/worktree
  git init --quiet --ref-format=reftable --object-format=$kind --initial-branch=main "$repository"
  cd "$repository"
  git config core.logAllRefUpdates false
  git config reftable.blockSize 512 # so that small tables have many blocks, and an index
  git config reftable.restartInterval 4
  git commit --quiet --allow-empty --message=one
  git tag light
  git tag --annotate --message=noted noted
  for i in $(seq -w 1 60); do echo "create refs/heads/topic/$i HEAD"; done | git update-ref --stdin
  git branch gone
  git pack-refs
  git commit --quiet --allow-empty --message=two
  git branch --quiet --delete --force gone
  git update-ref -d refs/heads/topic/07
  git symbolic-ref refs/heads/alias refs/heads/main
  git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
  git update-ref refs/remotes/origin/main light
  git update-ref refs/worktree/own light
  git worktree add --quiet -b linked ../linked light
  git -C ../linked update-ref refs/worktree/own main
  git -C ../linked update-ref refs/bisect/bad main
  git -C ../linked -c core.logAllRefUpdates=true commit --quiet --allow-empty --message=three
  references . >../main.txt
  references ../linked >../linked.txt
  mv .git ../repository
  cd "$work/$kind"
  rm -rf repository/objects repository/hooks repository/info repository/description repository/branches
  rm -rf worktree linked
  rm -f repository/index repository/COMMIT_EDITMSG
  cd repository/worktrees/linked
  rm -f index COMMIT_EDITMSG
  echo /linked/.git >gitdir # where it was does not matter
done
cd "$work"
tar -c sha1 sha256

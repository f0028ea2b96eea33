#!/bin/sh -e
# An odd tree in an empty folder, as root. Its restore must be clean by rsync -aHAXn.
printf 1 > Name; printf 2 > name
mkdir nf && printf c > "nf/$(printf 'caf\303\251')" && printf d > "nf/$(printf 'cafe\314\201')"
mkdir bad && printf e > "bad/$(printf '\377\376.txt')" && printf f > "bad/$(printf '\357\277\275')"
printf x > "$(printf 'new\nline')"; printf x > 'back\slash'; printf x > ' lead'; printf x > "$(printf 'n%.0s' $(seq 255))"
printf o > old; touch -d 1938-04-24 old; printf z > far; touch -d 2446-05-10 far
truncate -s 300M sparse; printf end | dd of=sparse bs=1 seek=200000000 conv=notrunc status=none
ln -s loop loop; ln -s /nowhere dangling; touch -h -d 2001-01-01 dangling; ln dangling dangling-too
mkdir hl && printf hard > hl/a && ln hl/a hl/b && ln hl/a "hl/$(printf 'l%.0s' $(seq 255))" && touch -d 2003-03-03 hl
mkfifo -m 640 fifo; touch -d 2002-02-02 fifo; mknod -m 600 null c 1 3
printf x > suid && chmod 4755 suid; printf x > cap; chown 1234:4321 cap
if [ "$1" ]; then
  setfattr -n user.note -v "$(printf 'caf\303\251')" name; setfattr -n user.bin -v 0x00ff00 hl/a
  setfattr -n user.dir -v d nf; setfattr -n user.ro -v r ' lead' && chmod 400 ' lead'
  setfacl -m u:1234:rw- cap; setfacl -d -m g:4321:r-x hl
fi
mkdir ro && printf x > ro/in && ln ro/in ro/same && chmod 555 ro && touch -d 1999-09-09 ro
printf mine > .levqor-files.jsonl
chmod 751 . ; touch -d 2010-10-10 .

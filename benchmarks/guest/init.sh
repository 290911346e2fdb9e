#!/bin/busybox sh
# The guest's first process: drivers, this machine's files, one command, off.
B=/bin/busybox
$B mkdir -p /proc /sys /dev /host /rw /new
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
while read -r module; do
  case $module in
    vivid.ko) $B insmod /mods/$module n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0 ccs_cap_mode=-1 ;;
    snd-aloop.ko) $B insmod /mods/$module enable=1 pcm_substreams=1 id=Mic ;;
    *) $B insmod /mods/$module ;;
  esac || echo "insmod $module failed"
done < /mods/order
share="trans=virtio,version=9p2000.L,msize=524288"
$B mount -t 9p -o "$share,ro,cache=loose" hostroot /host
$B mount -t tmpfs -o size=60% rw /rw
$B mkdir /rw/upper /rw/work
$B mount -t overlay -o lowerdir=/host,upperdir=/rw/upper,workdir=/rw/work over /new
for folder in proc sys dev; do $B mount --move /$folder /new/$folder; done
$B mkdir -p /new/dev/shm /new/dev/pts /new/out
$B mount -t tmpfs shm /new/dev/shm
$B mount -t devpts pts /new/dev/pts
$B mount -t 9p -o "$share" out /new/out
$B ifconfig lo 127.0.0.1 up
$B chroot /new /bin/bash /out/command
echo $? > /new/out/code
$B sync
echo o > /new/proc/sysrq-trigger
$B sleep 5
$B reboot -f

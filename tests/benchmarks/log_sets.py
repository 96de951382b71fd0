"""Logs in the manner of sixteen well-known systems, each with one error planted among its everyday lines.

Everything is generated: the formats are those of the public collections, the words are ours. Everyday lines contain
what such logs always contain: warnings, failed logins, errors that mean nothing, and words like "error" in good news.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Write = Callable[[random.Random, int], str]


@dataclass(frozen=True)
class LogSet:
    """``everyday`` and ``noise`` write lines; ``planted`` writes the error, which is named if ``names`` is in a template."""

    name: str
    everyday: tuple[Write, ...]
    noise: tuple[Write, ...]
    planted: Write
    names: str


def lines_of(chosen: LogSet, count: int, *, planted: int = 40, seed: int = 7) -> list[bytes]:
    """``count`` lines: 12 % noise throughout, and the planted error ``planted`` times in the last fifth."""
    rng = random.Random(f"{chosen.name}-{seed}")
    places = set(rng.sample(range(int(count * 0.8), count), min(planted, count // 10)))
    written = []
    for number in range(count):
        if number in places:
            write = chosen.planted
        else:
            write = rng.choice(chosen.noise if rng.random() < 0.12 else chosen.everyday)
        written.append(write(rng, number).encode())
    return written


def _clock(number: int) -> str:
    return f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"


def _ip(rng: random.Random) -> str:
    return f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def _block(rng: random.Random) -> str:
    return f"blk_{rng.randint(-(10**18), 10**18)}"


def _line(head: str, *texts: str) -> tuple[Write, ...]:
    """Writers for texts with ``{n}``, ``{m}``, ``{ip}``, ``{hex}``, ``{blk}`` and ``{who}`` under one head."""

    def writer(text: str) -> Write:
        def write(rng: random.Random, number: int) -> str:
            return (head + text).format(
                clock=_clock(number),
                ms=rng.randint(0, 999),
                n=rng.randint(0, 99_999),
                m=rng.randint(0, 99),
                ip=_ip(rng),
                hex=f"{rng.getrandbits(48):012x}",
                blk=_block(rng),
                who=rng.choice(["anna", "bo", "carl", "dora", "eve", "finn", "gus", "hal", "ida", "jon"]),
            )

        return write

    return tuple(writer(text) for text in texts)


def _set(name: str, head: str, everyday: list[str], noise: list[str], planted: str, names: str) -> LogSet:
    return LogSet(name, _line(head, *everyday), _line(head, *noise), _line(head, planted)[0], names)


SETS: tuple[LogSet, ...] = (
    _set(
        "HDFS",
        "081109 20{m:02d}15 {n} ",
        [
            "INFO dfs.DataNode$PacketResponder: PacketResponder {m} for block {blk} terminating",
            "INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: {ip}:50010 is added to {blk} size {n}",
            "INFO dfs.DataNode$DataXceiver: Receiving block {blk} src: /{ip}:{n} dest: /{ip}:50010",
        ],
        [
            "WARN dfs.DataNode$DataXceiver: {ip}:50010:Got exception while serving {blk} to /{ip}:",
            "INFO dfs.DataNode: checked {n} blocks, error count 0",
        ],
        "ERROR dfs.DataNode$DataXceiver: {ip}:50010:DataXceiver: java.io.IOException: No space left on device for {blk}",
        "No space left on device",
    ),
    _set(
        "Hadoop",
        "2015-10-18 {clock},{ms:03d} ",
        [
            "INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created MRAppMaster for application appattempt_{n}_{m}_000001",
            "INFO [AsyncDispatcher event handler] org.apache.hadoop.yarn.JobImpl: task_{n}_{m}_m_000{m} Task Transitioned from NEW to SCHEDULED",
        ],
        [
            "WARN [LeaseRenewer:msra@host:9000] org.apache.hadoop.hdfs.LeaseRenewer: Failed to renew lease for [DFSClient_{n}] for {m} seconds.",
            "ERROR [RMCommunicator Allocator] org.apache.hadoop.yarn.RMContainerAllocator: Container complete event for unknown container id container_{n}_0001_01_0000{m}",
        ],
        "FATAL [IPC Server handler {m} on {n}] org.apache.hadoop.mapred.TaskAttemptListenerImpl: Task: attempt_{n}_m_0000 - exited : "
        "java.lang.OutOfMemoryError: Java heap space",
        "OutOfMemoryError",
    ),
    _set(
        "Spark",
        "17/06/09 {clock} ",
        [
            "INFO executor.Executor: Finished task {m}.0 in stage {m}.0 (TID {n}). {n} bytes result sent to driver",
            "INFO storage.BlockManager: Found block rdd_{m}_{m} locally",
        ],
        [
            "WARN storage.BlockManager: Block rdd_{m}_{m} could not be removed as it was not found",
            "INFO util.ShutdownHookManager: error flag is not set",
        ],
        "ERROR executor.CoarseGrainedExecutorBackend: Driver {ip}:{n} disassociated! Shutting down.",
        "disassociated",
    ),
    _set(
        "Zookeeper",
        "2015-07-29 {clock},{ms:03d} - ",
        [
            "INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:NIOServerCnxn@1001] - Closed socket connection for client /{ip}:{n}",
            "INFO  [/{ip}:3888:QuorumCnxManager$Listener@493] - Received connection request /{ip}:{n}",
        ],
        [
            "WARN  [RecvWorker:{n}:QuorumCnxManager$RecvWorker@762] - Connection broken for id {n}, my id = {m}, error = ",
            "ERROR [LearnerHandler-/{ip}:{n}:LearnerHandler@562] - Unexpected exception causing shutdown while sock still open",
        ],
        "ERROR [SyncThread:{m}:ZooKeeperCriticalThread@48] - Severe unrecoverable error, from thread : SyncThread:{m} fsync stalled",
        "Severe unrecoverable error",
    ),
    _set(
        "BGL",
        "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-{clock}.675872 R02-M1-N0-C:J12-U11 RAS ",
        [
            "KERNEL INFO instruction cache parity error corrected",
            "KERNEL INFO generating core.{n}",
            "KERNEL INFO {m} ddr errors(s) detected and corrected on rank 0, symbol {m}, bit {m}",
        ],
        [
            "APP FATAL ciod: failed to read message prefix on control stream (CioStream socket to {ip}:{n}",
            "KERNEL FATAL data storage interrupt",
        ],
        "KERNEL FATAL rts panic! - stopping execution on torus link {m}",
        "rts panic",
    ),
    _set(
        "HPC",
        "{n} node-{m} ",
        [
            "unix.hw state_change.available 1077804742 1 Component State Change: Component is available",
            "boot_cmd new 1076865186 1 Targeting domains:node-D{m} and nodes:node-[0-{m}] child of command {n}",
        ],
        [
            "unix.hw net.niff.up 1078298966 1 NIFF: node node-{m} has detected an available network connection on network {ip}",
            "action error 1078141430 1 boot (command {n}) Error: Psu failed to report state",
        ],
        "storage fatal 1084270955 1 ServerFileSystem domain storage{m} filesystem is corrupt",
        "filesystem is corrupt",
    ),
    _set(
        "Thunderbird",
        "- 1131566461 2005.11.09 dn{m} Nov 9 {clock} dn{m}/dn{m} ",
        [
            "crond(pam_unix)[{n}]: session opened for user root by (uid=0)",
            "kernel: ACPI: LAPIC (acpi_id[0x{m:02d}] lapic_id[0x{m:02d}] enabled)",
        ],
        [
            "in.tftpd[{n}]: tftp: client does not accept options",
            "ntpd[{n}]: synchronization lost error {m}",
            "dhcpd: DHCPDISCOVER from {hex} via eth1: network A_net: no free leases, request failed",
        ],
        "kernel: scsi0 (0:{m}): rejecting I/O to offline device",
        "rejecting I/O to offline device",
    ),
    _set(
        "Windows",
        "2016-09-28 {clock}, ",
        [
            "Info                  CBS    Loaded Servicing Stack v6.1.7601.{n} with Core: C:\\Windows\\winsxs\\amd64_{hex}\\cbscore.dll",
            "Info                  CSI    000000{m:02d}@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called",
            "Info                  CBS    Failed to internally open package. [HRESULT = 0x800f0805 - CBS_E_INVALID_PACKAGE]",
        ],
        [
            "Warning               CBS    Unrecognized packageExtended attribute {m}.",
            "Info                  CBS    Session: {n} errors 0",
        ],
        "Error                 CSI    000000{m:02d} (F) STATUS_OBJECT_NAME_NOT_FOUND #{n}# store corruption in component {hex}",
        "STATUS_OBJECT_NAME_NOT_FOUND",
    ),
    _set(
        "Linux",
        "Jun 14 {clock} combo ",
        [
            "ftpd[{n}]: connection from {ip} () at Fri Jun 17",
            "su(pam_unix)[{n}]: session opened for user cyrus by (uid=0)",
        ],
        [
            "sshd(pam_unix)[{n}]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost={ip}",
            "sshd(pam_unix)[{n}]: check pass; user unknown",
        ],
        "kernel: Out of Memory: Killed process {n} (httpd).",
        "Out of Memory",
    ),
    _set(
        "Android",
        "03-17 {clock}.{ms:03d}  1702  {n} ",
        [
            "D WindowManager: printFreezingDisplayLogsopening app wtoken = AppWindowToken{{{hex} token=Token{{{hex}}}}}",
            "V PhoneStatusBar: setLightsOn(true)",
            "I ActivityManager: no error in start of {n}",
        ],
        [
            "W ActivityManager: getRunningAppProcesses: caller {n} does not hold permission",
            "E TelephonyManager: bad operator {m}",
        ],
        "E DatabaseUtils: database disk image is malformed (code {m}) while opening /data/user/{m}/store.db",
        "database disk image is malformed",
    ),
    _set(
        "HealthApp",
        "20171223-{clock}:{ms:03d}|",
        [
            "Step_LSC|30002312|onStandStepChanged {n}",
            "Step_ExtSDM|30002312|calculateCaloriesWithCache totalCalories={n}",
        ],
        [
            "HiH_HiSyncControl|30002312|checkCanSync no network error {m}",
            "HiH_HiHealthBinder|30002312|getAppContext invalid user {n}",
        ],
        "HiH_DataStatManager|30002312|insertOrUpdate failed: sensor hub unavailable, code {m}",
        "sensor hub unavailable",
    ),
    _set(
        "Apache",
        "[Sun Dec 04 {clock} 2005] ",
        [
            "[notice] jk2_init() Found child {n} in scoreboard slot {m}",
            "[notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
        ],
        ["[error] [client {ip}] Directory index forbidden by rule: /var/www/html/", "[error] mod_jk child init {m} -2"],
        "[error] server reached MaxClients setting, consider raising the MaxClients setting (pid {n})",
        "MaxClients",
    ),
    _set(
        "Proxifier",
        "[10.30 {clock}] ",
        [
            "chrome.exe - proxy.cse.cuhk.edu.hk:5070 open through proxy proxy.cse.cuhk.edu.hk:5070 HTTPS",
            "chrome.exe *64 - www.example.org:443 close, {n} bytes sent, {n} bytes (1.{m} KB) received, lifetime 00:{m:02d}",
        ],
        [
            "Dropbox.exe - client-cf.example.com:443 error : Could not connect through proxy proxy.example.org:5070 - status code {m}"
        ],
        "svchost.exe *64 - proxy.example.org:5070 error : authentication failed, credentials expired (try {m})",
        "credentials expired",
    ),
    _set(
        "OpenSSH",
        "Dec 10 {clock} LabSZ sshd[{n}]: ",
        ["Connection closed by {ip} [preauth]", "pam_unix(sshd:session): session opened for user fztu by (uid=0)"],
        [
            "Failed password for root from {ip} port {n} ssh2",
            "Invalid user {who} from {ip}",
            "Failed password for invalid user {who} from {ip} port {n} ssh2",
            "reverse mapping checking getaddrinfo for host [{ip}] failed - POSSIBLE BREAK-IN ATTEMPT!",
        ],
        "fatal: no hostkeys available -- exiting, key file unreadable",
        "no hostkeys available",
    ),
    _set(
        "OpenStack",
        "nova-compute.log.1.2017-05-16_13:55:31 2017-05-16 {clock}.{ms:03d} 2931 ",
        [
            "INFO nova.virt.libvirt.imagecache [req-{hex} - - - - -] image {hex} at (/var/lib/nova/_base/{hex}): checking",
            'INFO nova.osapi_compute.wsgi.server [req-{hex}] {ip} "GET /v2/{hex}/servers/detail HTTP/1.1" status: 200 len: {n} time: 0.{n}',
        ],
        [
            "WARNING nova.virt.libvirt.imagecache [req-{hex} - - - - -] Unknown base file: /var/lib/nova/instances/_base/{hex}",
            "ERROR nova.compute.manager [req-{hex}] [instance: {hex}] Instance not resizing, skipping migration.",
        ],
        "ERROR oslo.messaging._drivers.impl_rabbit [req-{hex} - - - - -] AMQP server on {ip}:5672 is unreachable: timed out",
        "AMQP server",
    ),
    _set(
        "Mac",
        "Jul  1 {clock} calvisitor-10-105-160-95 ",
        [
            "kernel[0]: ARPT: {n}.{n}: AirPort_Brcm43xx::powerChange: System Sleep",
            "com.apple.CDScheduler[43]: Thermal pressure state: {m} Memory pressure state: 0",
        ],
        [
            "networkd[195]: -[NETClientConnection effectiveBundleID] using process name apsd as bundle ID (this is expected for daemons), error {m}",
            "QQ[{n}]: FA||Url||taskID[{n}] dealloc failed",
        ],
        "kernel[0]: disk{m}s{m}: media is not present, I/O error while writing journal block {n}",
        "media is not present",
    ),
)

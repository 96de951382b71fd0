"""Errors of every usual format are found, joined with their stack, masked, counted and classed."""

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.classes import class_of
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import PodLog
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.grouping import group
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.masks import mask


def grouped(text, **changes):
    raw = text if isinstance(text, bytes) else text.encode()
    return group([PodLog("pod-1", raw, **changes)])


def templates(text):
    return [entry["template"] for entry in grouped(text)["templates"]]


ONE_ERROR = {
    ".NET console": (
        "fail: Shop.Api.Orders[1]\n      Order 17 could not be saved\n"
        "      System.Exception: boom\n         at Shop.A()\n",
        "Order <n> could not be saved — System.Exception: boom",
    ),
    ".NET on one line": ("fail: Shop.Api[0] Order 17 was lost\n", "Order <n> was lost"),
    ".NET inner exception": (
        "crit: Shop.Api[0]\n      Stopped\n      A.BException: outer\n       ---> C.DException (0x80004005): inner\n"
        "         at X()\n         --- End of inner exception stack trace ---\n         at Y()\n",
        "Stopped — A.BException: outer — C.DException: inner",
    ),
    ".NET unhandled": (
        "Unhandled exception. System.IO.IOException: No space left\n   at Shop.Main()\n",
        "Unhandled exception. System.IO.IOException: No space left",
    ),
    "Serilog": (
        "2026-11-23 10:57:00.123 +00:00 [ERR] Payment declined\nSystem.Exception: no money\n   at Shop.Pay()\n",
        "Payment declined — System.Exception: no money",
    ),
    "Serilog short": ("[10:57:00 FTL] Host terminated\n", "Host terminated"),
    "Serilog compact JSON": (
        '{"@t":"2026-11-23T10:57:00Z","@mt":"Order {Id} lost","@l":"Error","@x":"A.BException: x\\n   at Y"}\n',
        "Order {Id} lost — A.BException: x",
    ),
    "ECS": ('{"@timestamp":"2026-11-23T10:57:00Z","log.level":"ERROR","message":"Disk 3 gone"}\n', "Disk <n> gone"),
    "ECS nested": ('{"log":{"level":"error"},"message":"Disk 3 gone"}\n', "Disk <n> gone"),
    "pino": ('{"level":50,"msg":"redis gone","err":{"type":"Error","message":"reset"}}\n', "redis gone"),
    "zap": ('{"level":"dpanic","ts":1.5,"msg":"lost"}\n', "lost"),
    "logfmt": ('time="x" level=error msg="sync of web failed" err="too late"\n', "sync of web failed - too late"),
    "plain": ("ERROR Something broke 12 times\n", "Something broke <n> times"),
    "Python logging": ("ERROR:root:Something broke\n", "root:Something broke"),
    "Python traceback": (
        "2026-11-23 10:57:00,123 - app - ERROR - save failed\nTraceback (most recent call last):\n"
        '  File "a.py", line 3, in x\n'
        "    save(order)\nKeyError: 'total'\n",
        "save failed — KeyError: <value>",
    ),
    "traceback alone": (
        'Traceback (most recent call last):\n  File "a.py", line 3, in x\n    y()\nshop.OutOfStock: none left\n',
        "shop.OutOfStock: none left",
    ),
    "Java": (
        "2026-11-23T10:57:00.000Z ERROR [main] o.e.Shop: save failed\njava.lang.RuntimeException: outer\n"
        "\tat a.B.c(B.java:3)\n"
        "Caused by: org.postgresql.util.PSQLException: ERROR: deadlock detected\n\tat x.Y.z(Y.java:9)\n\t... 12 more\n",
        "[main] o.e.Shop: save failed — java.lang.RuntimeException: outer — "
        "org.postgresql.util.PSQLException: ERROR: deadlock detected",
    ),
    "syslog": (
        "Nov 23 10:57:00 web sshd[123]: Failed password for root from 10.0.0.1 port 22\n",
        "web sshd[<n>]: Failed password for root from <address> port <n>",
    ),
    "syslog 5424": ("<11>1 2026-11-23T10:57:00Z web app - - - disk on fire\n", "disk on fire"),
    "nginx error": (
        "2026/11/23 10:57:00 [error] 31#31: *1 connect() failed (111: Connection refused)\n",
        "<n>#<n>: *<n> connect() failed (<n>: Connection refused)",
    ),
    "access log": (
        '10.0.0.9 - - [23/Nov/2026:10:57:00 +0000] "GET /orders/17 HTTP/1.1" 502 157 "-" "curl"\n',
        "GET <path> HTTP/<n> was answered with bad gateway",
    ),
    "klog": ('E1123 10:57:00.123456       1 sync.go:12] sync "shop" failed\n', "sync <value> failed"),
    "Android": ("11-23 10:57:00.811  1702  2395 E WindowManager: window died\n", "WindowManager: window died"),
    "colours": ("\x1b[31mERROR\x1b[0m all is red\n", "all is red"),
    "carriage returns": ("ERROR all is lost\r\n", "all is lost"),
}


@pytest.mark.parametrize("name", ONE_ERROR)
def test_one_error_of_each_format_is_one_template(name):
    text, template = ONE_ERROR[name]
    found = grouped(text)
    assert [entry["template"] for entry in found["templates"]] == [template]
    assert found["error_lines"] == 1


QUIET = [
    "info: Shop.Api[0]\n      No error, nothing failed\n",
    "2026-11-23 10:57:00.123 +00:00 [INF] error rate is 0\n",
    '{"@t":"2026-11-23T10:57:00Z","@mt":"error count {n}","n":0}\n',
    '{"level":30,"msg":"failed 0"}\n',
    '{"level":"info","msg":"an exception list was loaded"}\n',
    'time=x level=info msg="nothing failed"\n',
    "2026-11-23 10:57:00,123 INFO [main] failed over in time\n",
    "I1123 10:57:00.123456       1 sync.go:12] retry failed once\n",
    "<14>1 2026-11-23T10:57:00Z web app - - - no error\n",
    '10.0.0.9 - - [23/Nov/2026:10:57:00 +0000] "GET /errors HTTP/1.1" 200 157\n',
    '10.0.0.9 - - [23/Nov/2026:10:57:00 +0000] "GET /failed HTTP/1.1" 404 157\n',
    "all is well\n",
    "",
    "\n\n\n",
    "   at Shop.Orphan()\n",
]


@pytest.mark.parametrize("text", QUIET)
def test_good_news_is_no_error_whatever_words_it_uses(text):
    assert grouped(text)["error_lines"] == 0


def test_warnings_are_counted_apart():
    found = grouped("warn: A[0]\n      retry failed\n2026-11-23 10:57:00 WARN again\nERROR broke\n")
    assert (found["warning_lines"], found["error_lines"]) == (2, 1)
    assert [entry["level"] for entry in found["templates"]] == ["error"]


def test_lines_with_an_error_at_their_start_are_counted_one_by_one():
    assert grouped("Error: disk full\n" * 50)["templates"][0]["count"] == 50
    assert grouped("System.Exception: boom\n   at A()\n" * 50)["templates"][0]["count"] == 50


def test_counts_pods_and_times_of_one_template():
    first = b"2026-11-23T10:50:00Z ERROR order 1 lost\n2026-11-23T10:52:00Z ERROR order 22 lost\n"
    second = b"2026-11-23T12:51:00+02:00 ERROR order 3 lost\n"
    found = group([PodLog("b", first), PodLog("a", second, previous=True, truncated=True)])
    (entry,) = found["templates"]
    assert (entry["count"], entry["pods"]) == (3, ["a", "b"])
    assert (entry["first"], entry["last"]) == ("2026-11-23T10:50:00Z", "2026-11-23T10:52:00Z")
    assert (found["pods_read"], found["previous_used"], found["truncated"]) == (2, ["a"], True)
    assert (found["lines"], found["bytes"]) == (3, len(first) + len(second))


def test_a_line_without_a_time_has_none():
    assert grouped("ERROR broke\n")["templates"][0]["first"] is None


def test_the_times_that_kubernetes_writes_are_used_and_hidden():
    text = b"2026-11-23T10:57:00.000000000Z fail: A[0]\n2026-11-23T10:57:00.000000001Z       Order 17 lost\n"
    (entry,) = grouped(text, stamped=True)["templates"]
    assert entry["template"] == "Order <n> lost"
    assert entry["first"] == "2026-11-23T10:57:00Z"
    assert entry["example"] == "fail: A[0] Order 17 lost"


def test_what_differs_in_one_word_only_is_one_template():
    names = ["anna", "bo", "carl", "dora", "eve", "finn", "gus"]
    assert templates("".join(f"ERROR login of {name} broke\n" for name in names)) == ["login of <word> broke"]


def test_few_different_words_keep_their_meaning():
    assert len(templates("ERROR connection to vault broke\nERROR connection to postgres broke\n")) == 2


def test_what_began_late_comes_before_what_was_always_there():
    noise = [f"ERROR noise of every day {number}" for number in range(1000)]
    noise[900:920] = ["ERROR the new thing"] * 20
    noise[920:] = [line for pair in zip(noise[920:], ["ERROR the new thing"] * 80, strict=True) for line in pair]
    assert templates("\n".join(noise))[0] == "the new thing"


def test_a_critical_line_outweighs_an_error():
    assert templates("ERROR a\nERROR a\nFATAL b\n")[0] == "b"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Npgsql.NpgsqlException: Failed to connect to <address> — System.Net.Sockets.SocketException", "database"),
        ("Npgsql.PostgresException: <n>: sorry, too many clients already", "database"),
        ("Exception while reading from stream — Npgsql.NpgsqlException — System.TimeoutException", "database"),
        ("The request was canceled due to the configured HttpClient.Timeout of <duration> elapsing", "timeout"),
        ("context deadline exceeded", "timeout"),
        ('VaultSharp.Core.VaultApiException: {"errors":["Vault is sealed"]}', "authentication"),
        ("JWT token is expired", "authentication"),
        ("password authentication failed for user <value>", "authentication"),
        ("Validation failed for field <value>", "validation"),
        ("java.lang.OutOfMemoryError: Java heap space", "out_of_memory"),
        ("Failed to load configuration from file <value>", "configuration"),
        ("OptionsValidationException: <value> must be between <n> and <n>", "configuration"),
        ("connect() failed (<n>: Connection refused) while connecting to upstream", "dependency"),
        ("GET <path> was answered with service unavailable", "dependency"),
        ("System.NullReferenceException: Object reference not set to an instance of an object.", "application"),
        ("Method not found: <value>", "application"),
    ],
)
def test_class(text, kind):
    assert class_of(text) == kind


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("id 7f0c1c1e-9f3e-4b62-9d2b-1f2f3a4b5c6d", "id <id>"),
        ("at 10.0.0.1:5432 and [::1]:80", "at <address> and [<address>]:<n>"),
        ("at db.example.com:5432", "at <address>"),
        ("from https://api.example.com/v1/items/5?x=1", "from https://api.example.com/<path>"),
        ("from http://10.0.0.1:80/v1", "from http://<address>/<path>"),
        ("file /app/config/appsettings.json", "file <path>/appsettings.json"),
        ("file C:\\data\\x1.bin", "file <path>"),
        ("took 12.5ms or 30 s", "took <duration> or <n> s"),
        ("key 'Orders:Max' of \"shop\"", "key <value> of <value>"),
        ("he said 'Vault is sealed'", "he said 'Vault is sealed'"),
        ("it's and don't stay", "it's and don't stay"),
        ("mail to anna@example.com", "mail to <email>"),
        ("pod hotswap-api-7c9d5b6f48-2xkqp died", "pod <pod> died"),
        ("node12 of 3,4 at 5%", "node<n> of <n> at <n>"),
        ("hash deadbeef01 and 0x3f", "hash <id> and <id>"),
        ("at 2026-11-23T10:57:00Z or 10:57:00.123", "at <time> or <time>"),
        ("blk_-1608999687919862906", "blk_<n>"),
    ],
)
def test_mask(text, template):
    assert mask(text) == template

"""Any schedule of faults over any transfers: the bytes are right, or the client saw a reset."""

import asyncio
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pachlite.forward.chaos import ChaosPlan, Fault, FaultKind
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetServer,
    exchange,
    forwarding,
    on_loop,
    settled,
    soak,
)

MIB = 1 << 20
SECONDS = st.floats(0.001, 0.05)


def _faults() -> st.SearchStrategy[Fault]:
    share = st.floats(0.1, 1)
    return st.one_of(
        st.builds(
            Fault,
            st.sampled_from([FaultKind.RESET, FaultKind.BLACK_HOLE, FaultKind.RESET_DOWN]),
            probability=share,
            after_s=SECONDS,
        ),
        st.builds(Fault, st.just(FaultKind.CUT), st.integers(1, MIB).map(float), probability=share),
        st.builds(Fault, st.just(FaultKind.DELAY), SECONDS, probability=share),
        st.builds(Fault, st.just(FaultKind.DRIP), st.just(50.0 * MIB), probability=share),
        st.builds(
            Fault, st.just(FaultKind.REFUSE), probability=st.floats(0.1, 0.9), every_s=st.just(0.1)
        ),
    )


@pytest.mark.parametrize("loop", LOOPS)
@given(
    faults=st.lists(_faults(), max_size=4),
    sizes=st.lists(st.integers(0, MIB), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
@settings(max_examples=soak(10, 1000))
def test_bytes_are_right_or_the_client_saw_a_reset(loop, faults, sizes, seed):
    plan = ChaosPlan(tuple(faults), seed)

    async def main():
        async with (
            TargetServer() as target,
            forwarding(target.port, chaos=plan) as bad,
            forwarding(bad.port) as forward,
        ):
            if faults:  # without any, even the slowest machine owes all bytes
                breaking = asyncio.create_task(_break_what_is_silent(forward.forwarder))
            data = [os.urandom(size) for size in sizes]
            found = await asyncio.gather(*(exchange(forward.port, each) for each in data))
            if faults:
                breaking.cancel()
            for sent, (got, is_whole) in zip(data, found, strict=True):
                assert got == sent if is_whole else sent.startswith(got)
                assert is_whole or faults

    on_loop(loop, main)


async def _break_what_is_silent(forwarder) -> None:
    """What an idle timeout does, only sooner."""
    while True:
        before = {each: each.pump.moved_bytes for each in forwarder._connections}
        await asyncio.sleep(0.2)
        for connection, moved in before.items():
            if connection.is_joined and connection.pump.moved_bytes == moved:
                connection.pump.cut("forwarder: silent")


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "fault", ["reset,after=10ms", "reset-down,after=10ms", "cut=1000", "reset,every=20ms"]
)
def test_a_fault_that_breaks_is_seen_as_a_reset(loop, fault):
    plan = ChaosPlan((Fault.parse(fault),))

    async def main():
        async with TargetServer() as target, forwarding(target.port, chaos=plan) as forward:
            client = await Client.connect(forward.port)
            await client.send(bytes(10_000))
            got, is_whole = await client.outcome()
            assert not is_whole
            assert len(got) <= 10_000
            await client.close()

    on_loop(loop, main)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("fault", ["black-hole,after=1ms", "reset-up,after=1ms"])
def test_silence_is_ended_by_the_idle_timeout(loop, fault):
    plan = ChaosPlan((Fault.parse(fault),))

    async def main():
        async with (
            TargetServer() as target,
            forwarding(target.port, chaos=plan) as bad,
            forwarding(bad.port, idle_timeout_s=0.1) as forward,
        ):
            client = await Client.connect(forward.port)
            outcome = asyncio.create_task(client.outcome())
            while not outcome.done():
                forward.forwarder.cut_idle()
                await asyncio.sleep(0.01)
            assert await outcome == (b"", False)
            assert forward.causes() == ["forwarder: idle"]
            await client.close()

    on_loop(loop, main)


@pytest.mark.parametrize("loop", LOOPS)
def test_slow_faults_only_slow_down(loop):
    plan = ChaosPlan((Fault.parse("delay=20ms"), Fault.parse("drip=20M")))
    data = os.urandom(MIB)

    async def main():
        async with TargetServer() as target, forwarding(target.port, chaos=plan) as forward:
            assert await exchange(forward.port, data) == (data, True)

    on_loop(loop, main)


@pytest.mark.parametrize("loop", LOOPS)
def test_clients_wait_while_a_target_refuses(loop):
    plan = ChaosPlan((Fault.parse("refuse,every=200ms"),))

    async def main():
        async with TargetServer() as target, forwarding(target.port, chaos=plan) as forward:
            await settled(lambda: True)
            found = await asyncio.gather(*(exchange(forward.port, b"x") for _ in range(20)))
            assert found == [(b"x", True)] * 20

    on_loop(loop, main)

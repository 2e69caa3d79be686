"""Seats for transfers: first come, first served, and nobody waits for who does not move."""

import asyncio

import pytest

from pachlite.gateway.seats import Seats


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def run(test):
    return asyncio.run(asyncio.wait_for(test, 30))


def test_seats_are_given_in_the_order_of_coming(clock):
    async def test():
        seats, order = Seats(2, clock), []

        async def sit(name):
            await seats.take()
            order.append(name)

        tasks = [asyncio.create_task(sit(name)) for name in "abcde"]
        for _ in range(3):
            await asyncio.sleep(0)
        assert order == ["a", "b"]
        assert seats.is_wanted
        for expected in ("abc", "abcd", "abcde"):
            seats.give_back()
            await asyncio.sleep(0)
            assert order == list(expected)
        await asyncio.gather(*tasks)
        seats.give_back()
        seats.give_back()
        assert repr(seats) == "<Seats 2 free, 0 waiting>"

    run(test())


@pytest.mark.parametrize("at_once", [False, True], ids=["before", "at the moment it gets one"])
def test_who_gives_up_leaves_no_seat_taken(clock, at_once):
    async def test():
        seats = Seats(1, clock)
        await seats.take()
        waiting = asyncio.create_task(seats.take())
        other = asyncio.create_task(seats.take())
        await asyncio.sleep(0)
        if at_once:
            seats.give_back()
        waiting.cancel()
        if not at_once:
            seats.give_back()
        await asyncio.wait([waiting])
        await other
        seats.give_back()
        assert repr(seats) == "<Seats 1 free, 0 waiting>"

    run(test())


def test_nobody_waits_for_seats_that_do_not_change_hands(clock):
    async def test():
        seats = Seats(1, clock)
        await seats.take()
        clock.now_s += 10
        assert not await seats.take_if_moving()
        seats.give_back()
        assert await seats.take_if_moving()

    run(test())


def test_who_waits_among_those_who_move_gets_a_seat(clock):
    async def test():
        seats = Seats(1, clock)
        await seats.take()
        waiting = asyncio.create_task(seats.take_if_moving(patience_s=60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seats.give_back()
        assert await waiting
        assert repr(seats) == "<Seats 0 free, 0 waiting>"

    run(test())

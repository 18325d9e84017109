import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createWorkflowSlots } from '../../../../src/commands/serve/workflow-slots.js';

const CONTEXT = {
  slotType: 'workflow',
  taskQueue: 'q',
  workerIdentity: 'w',
  workerBuildId: '',
  isSticky: false,
} as const;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function open() {
  const world = { isYielding: false, given: 0 };
  const slots = createWorkflowSlots({ most: 10, fewest: 2, isYielding: () => world.isYielding });
  const reserve = (signal = new AbortController().signal) =>
    slots.reserveSlot(CONTEXT, signal).then((permit) => {
      world.given += 1;
      return permit;
    });
  const release = () => slots.releaseSlot({ permit: {} });
  const settle = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  return { world, slots, reserve, release, settle };
}

test('a worker runs as many workflow tasks as it may, and the next one when one of them ends', async () => {
  const { world, slots, reserve, release, settle } = open();
  for (let i = 0; i < 12; i += 1) void reserve();
  await settle();
  expect(world.given).toBe(10);
  expect(slots.tryReserveSlot(CONTEXT)).toBeNull();
  release();
  await settle();
  expect(world.given).toBe(11);
});

test('a worker that yields takes on few, and more once that is over', async () => {
  const { world, slots, reserve, release, settle } = open();
  void reserve();
  await settle();
  world.isYielding = true;
  expect(slots.tryReserveSlot(CONTEXT)).not.toBeNull();
  expect(slots.tryReserveSlot(CONTEXT)).toBeNull();
  void reserve();
  void reserve();
  await settle(1_000);
  expect(world.given).toBe(1);
  release();
  await settle();
  expect(world.given).toBe(2);

  world.isYielding = false;
  await settle(50);
  expect(world.given).toBe(3);
});

test('a poll that is given up takes no slot', async () => {
  const { world, slots, reserve, release, settle } = open();
  for (let i = 0; i < 10; i += 1) void reserve();
  const poll = new AbortController();
  const given = reserve(poll.signal);
  const reason = new Error('the worker shuts down');
  poll.abort(reason);
  await expect(given).rejects.toBe(reason);
  release();
  await settle(100);
  expect(world.given).toBe(10);
  expect(slots.tryReserveSlot(CONTEXT)).not.toBeNull();
});

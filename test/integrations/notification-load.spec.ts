import { describe, expect, it } from 'vitest';
import { notificationLoad } from './notification-load.ts';

const PER_SECOND = 200;
const SECONDS = 5;

describe('Notifications that arrive at a steady rate', () => {
  it('are all acknowledged, kept once, counted once and run once', async () => {
    const load = await notificationLoad(PER_SECOND, SECONDS);
    const sent = PER_SECOND * SECONDS;
    expect(load).toMatchObject({
      sent,
      acknowledged: sent,
      notifications: sent,
      counted: sent,
      effects: sent,
      events: sent,
      succeeded: sent,
      jobs: 0,
    });
  }, 120_000);
});

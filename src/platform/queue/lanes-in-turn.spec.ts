import { beforeEach, describe, expect, it } from 'vitest';
import { LanesInTurn } from './lanes-in-turn.ts';

let lanes: LanesInTurn;

beforeEach(() => {
  lanes = new LanesInTurn(8);
});

const quotas = (free: number) => lanes.next(free).map(({ lane, quota }) => `${lane} ${quota}`);
const through = { isThrough: true, nextStart: '' };
const more = { isThrough: false, nextStart: '' };

describe('lanes with jobs', () => {
  it('share what is free, each no more than a lane may have', () => {
    for (const lane of ['a', 'b', 'c']) lanes.add(lane, false);
    expect(quotas(16)).toEqual(['a 5', 'b 5', 'c 5']);
    lanes.add('a', false);
    expect(quotas(64)).toEqual(['a 8']);
  });

  it('come one after the other where there is less room than lanes', () => {
    for (const lane of ['a', 'b', 'c']) lanes.add(lane, false);
    const order: string[] = [];
    for (let round = 0; round < 6; round++) {
      const [look] = lanes.next(1);
      order.push(look!.lane);
      lanes.looked(look!, more);
    }
    expect(order.join('')).toBe('abcabc');
  });

  it('are asked no more once nothing is left of them, unless something comes in meanwhile', () => {
    lanes.add('a', false);
    const [look] = lanes.next(4);
    lanes.looked(look!, through);
    expect(lanes.next(4)).toEqual([]);
    lanes.add('a', false);
    const [again] = lanes.next(4);
    lanes.add('a', false);
    lanes.looked(again!, through);
    expect(quotas(4)).toEqual(['a 4']);
  });

  it('count jobs of groups and others together', () => {
    lanes.add('a', false);
    lanes.add('a', true);
    expect(quotas(64)).toEqual(['a 8']);
    for (let n = 0; n < 8; n++) lanes.begun('a');
    expect([lanes.next(64), lanes.hasRoom('a')]).toEqual([[], false]);
    lanes.ended('a');
    expect(quotas(64)).toEqual(['a 1']);
  });

  it('have all their groups looked at, from wherever the look began', () => {
    lanes.add('a', true);
    lanes.looked(lanes.next(2)[0]!, { isThrough: false, nextStart: 'm' });
    expect(lanes.next(2)[0]).toMatchObject({ lane: 'a', inGroups: true, start: 'm' });
    lanes.looked({ lane: 'a', inGroups: true, start: 'm', quota: 2 }, { isThrough: true, nextStart: 'z' });
    expect(lanes.next(2)[0]).toMatchObject({ start: '' });
    lanes.looked({ lane: 'a', inGroups: true, start: '', quota: 2 }, { isThrough: true, nextStart: 'z' });
    expect(lanes.next(2)).toEqual([]);
  });
});

describe('a lane that was refused', () => {
  it('gets no more than what runs of it, and one more at each try', () => {
    lanes.add('a', false);
    lanes.begun('a');
    lanes.begun('a');
    lanes.refused('a', false);
    expect(lanes.next(64)).toEqual([]);
    lanes.ended('a');
    expect(quotas(64)).toEqual(['a 1']);
    lanes.begun('a');
    lanes.widen();
    lanes.add('a', false);
    expect(quotas(64)).toEqual(['a 1']);
  });

  it('holds up no other, and is not forgotten', () => {
    lanes.add('a', false);
    lanes.looked(lanes.next(8)[0]!, through);
    lanes.refused('a', false);
    lanes.add('b', false);
    expect(quotas(8)).toEqual(['b 8']);
    lanes.widen();
    expect(quotas(8)).toEqual(['a 1']);
  });
});

import { z } from 'zod';
import { accountField, accountOf, bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { eventTypePattern, PAYLOAD_BYTES_MAX, TYPE_LENGTH_MAX } from './event.rules.ts';
import { Events } from './events.ts';

/** Not z.record, which would drop a field called `__proto__`: the payload is kept as it came. */
const payload = z
  .unknown()
  .superRefine((value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      context.addIssue({ code: 'invalid_type', expected: 'record', input: value });
    else if (Buffer.byteLength(JSON.stringify(value)) > PAYLOAD_BYTES_MAX)
      context.addIssue({ code: 'custom', message: `must be at most ${PAYLOAD_BYTES_MAX} bytes of JSON` });
  })
  .meta({ type: 'object' });

/** Stores an event; within a webhook's run it is stored with the record of that call or not at all. */
export class PublishEventCommand extends bpmRequest({
  kind: 'command',
  permission: 'events:publish',
  input: z.strictObject({
    type: z
      .string()
      .min(1)
      .max(TYPE_LENGTH_MAX)
      .regex(
        eventTypePattern,
        'must be letters, digits, hyphens and underscores, with single dots in between',
      ),
    payload,
    accountId: accountField.optional(),
    idempotencyKey: z.string().min(1).max(200).optional(),
    disableEndpoints: z.boolean().default(false),
  }),
  unauditedFields: ['payload'],
  success: 'Event published successfully',
  example: { type: 'order.paid', payload: { orderId: 7, total: 42 }, idempotencyKey: 'order-7-paid' },
}) {}

@Handles(PublishEventCommand)
export class PublishEventHandler {
  constructor(private readonly events: Events) {}

  async execute({ input, caller, origin }: PublishEventCommand) {
    const { type, idempotencyKey, disableEndpoints } = input;
    const accountId = accountOf(caller, input.accountId);
    return inTransaction(async (tx, trail) => {
      const event = await this.events.publishIn(tx, {
        accountId,
        type,
        payload: input.payload as object,
        source: { callerId: caller.id, ...(origin.executionId && { executionId: origin.executionId }) },
        deliveriesDisabled: disableEndpoints,
        ...(idempotencyKey && { idempotencyKey }),
      });
      const { payload: _payload, ...audited } = event;
      trail.after = audited;
      return event;
    });
  }
}

/** Events as Mono's documents and its integrators show them; every name and number is made up. */

export interface MonoEvent {
  event: string;
  event_id?: string;
  timestamp?: string;
  data: unknown;
}

const account = {
  _id: '64f0a1b2c3d4e5f601020304',
  name: 'ADA OBI',
  accountNumber: '0123456789',
  currency: 'NGN',
  balance: 1_250_075,
  type: 'SAVINGS_ACCOUNT',
  bvn: '1234',
  authMethod: 'internet_banking',
  institution: { name: 'First Bank', bankCode: '011', type: 'PERSONAL_BANKING' },
  created_at: '2026-01-05T10:00:00.000Z',
  updated_at: '2026-01-05T10:00:00.000Z',
};
const app = '64a000000000000000000001';
const business = '64b000000000000000000002';

/** The account's id in each of the four places, and the account that it names. */
export const placesOfAccount: Record<string, { event: MonoEvent; account: string }> = {
  'data.id': {
    event: {
      event: 'mono.events.account_connected',
      event_id: 'evt-connected-1',
      timestamp: '2026-01-05T10:00:00.000Z',
      data: {
        id: '64f0a1b2c3d4e5f601020301',
        customer: '64c000000000000000000003',
        meta: { data_status: 'PROCESSING', auth_method: 'internet_banking', ref: 'ref-1001' },
        app,
        business,
      },
    },
    account: '64f0a1b2c3d4e5f601020301',
  },
  'data.account._id': {
    event: {
      event: 'mono.events.account_updated',
      event_id: 'evt-updated-1',
      data: {
        account,
        meta: { data_status: 'AVAILABLE', retrieved_data: ['identity', 'balance'], ref: 'ref-1001' },
      },
    },
    account: account._id,
  },
  'data.account.id': {
    event: {
      event: 'mono.events.account_unlinked',
      data: { account: { id: '64f0a1b2c3d4e5f601020305' } },
    },
    account: '64f0a1b2c3d4e5f601020305',
  },
  'data.account': {
    event: {
      event: 'mono.events.account_income',
      data: { account: '64f0a1b2c3d4e5f601020306', income_streams: [] },
    },
    account: '64f0a1b2c3d4e5f601020306',
  },
};

/** Each family of events once, with what has to be read from it. */
export const families: { event: MonoEvent; type: string; fields: Record<string, unknown> }[] = [
  {
    event: placesOfAccount['data.account._id']!.event,
    type: 'mono.events.account_updated',
    fields: { account: account._id, reference: 'ref-1001', status: 'AVAILABLE', amount: null },
  },
  {
    event: {
      event: 'mono.events.reauthorisation_required',
      data: { account: { _id: '64f0a1b2c3d4e5f601020307' } },
    },
    type: 'mono.events.reauthorisation_required',
    fields: { account: '64f0a1b2c3d4e5f601020307', reference: null, status: null, amount: null },
  },
  {
    event: {
      event: 'direct_debit.payment_successful',
      event_id: 'evt-paid-1',
      timestamp: '2026-02-01T09:30:00.000Z',
      data: {
        type: 'onetime-debit',
        object: {
          _id: '65a000000000000000000010',
          id: 'txd_9f8e7d6c',
          status: 'successful',
          message: 'Payment was successful',
          description: 'Order 77',
          amount: 250_000,
          fee: 3_500,
          currency: 'NGN',
          liveMode: false,
          account: { _id: '64f0a1b2c3d4e5f601020308', name: 'ADA OBI' },
          customer: '64c000000000000000000003',
          reference: 'order-77',
          created_at: '2026-02-01T09:29:00.000Z',
        },
      },
    },
    type: 'mono.direct_debit.payment_successful',
    fields: {
      account: '64f0a1b2c3d4e5f601020308',
      reference: 'order-77',
      status: 'successful',
      amount: { minor: 250_000, currency: 'NGN', original: 250_000 },
      occurredAt: '2026-02-01T09:30:00.000Z',
    },
  },
  {
    event: {
      event: 'events.mandates.ready',
      event_id: 'evt-mandate-1',
      data: {
        id: 'mmc_5e4d3c2b',
        status: 'approved',
        mandate_type: 'emandate',
        debit_type: 'variable',
        ready_to_debit: true,
        reference: 'mandate-12',
        account_name: 'ADA OBI',
        account_number: '0123456789',
        amount: 1_000_000,
        date: '2026-02-02T08:00:00.000Z',
        app,
        business,
      },
    },
    type: 'mono.events.mandates.ready',
    fields: {
      account: null,
      reference: 'mandate-12',
      status: 'approved',
      amount: { minor: 1_000_000, currency: 'NGN', original: 1_000_000 },
    },
  },
  {
    event: {
      event: 'events.mandates.debit.successful',
      event_id: 'evt-debit-1',
      data: {
        success: true,
        status: 'successful',
        message: 'Account debited successfully.',
        response_code: '00',
        amount: 50_000,
        customer: '64c000000000000000000003',
        mandate: 'mmc_5e4d3c2b',
        reference_number: 'debit-3',
        account_details: { bank_code: '011', account_name: 'ADA OBI' },
        date: '2026-02-03T07:00:00.000Z',
      },
    },
    type: 'mono.events.mandates.debit.successful',
    fields: {
      account: null,
      reference: 'debit-3',
      status: 'successful',
      amount: { minor: 50_000, currency: 'NGN', original: 50_000 },
    },
  },
  {
    event: {
      event: 'events.mandate.action.pause',
      event_id: 'evt-action-1',
      data: { mandate: 'mmc_5e4d3c2b', status: 'successful', response_code: '00', message: 'Paused' },
    },
    type: 'mono.events.mandate.action.pause',
    fields: { account: null, status: 'successful', amount: null },
  },
  {
    event: {
      event: 'event.disbursement.successful',
      data: { id: 'dsb_1a2b', reference: 'payout-5', amount: 777_700, status: 'successful' },
    },
    type: 'mono.event.disbursement.successful',
    fields: {
      account: null,
      reference: 'payout-5',
      status: 'successful',
      amount: { minor: 777_700, currency: 'NGN', original: 777_700 },
    },
  },
  {
    event: { event: 'something.we.never.heard.of', data: { anything: [1, 2, 3] } },
    type: 'mono.something.we.never.heard.of',
    fields: { account: null, reference: null, status: null, amount: null },
  },
];

/** A dispute comes wrapped once more. */
export const wrappedDispute = {
  data: {
    event: 'mono.transaction.dispute_initiated',
    event_id: 'evt-dispute-1',
    data: { account: '64f0a1b2c3d4e5f601020309', reference: 'order-78', amount: 12_300 },
  },
};

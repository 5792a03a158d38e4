/** What Remita sends, made up from the fields that are documented; amounts are naira. */

/** A payment as notifications of today have it. */
export function payment(rrr: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    rrr,
    channel: 'CARDPAYMENT',
    billerName: 'GREENFIELD SCHOOLS',
    amount: 5000.5,
    transactiondate: '2026-01-28 00:00:00',
    debitdate: '2026-01-28 10:24:39',
    bank: '057',
    branch: '057',
    serviceTypeId: '4430731',
    orderRef: '1769592243',
    orderId: '1769592243',
    payerName: 'Ada Obi',
    payerPhoneNumber: '08012345678',
    payerEmail: 'ada@example.com',
    type: 'PY',
    customFieldData: [{ DESCRIPTION: 'Invoice', COLVAL: '77/2026' }],
    parentRRRDetails: {},
    chargeFee: 161.25,
    paymentDescription: 'School fees',
    integratorsEmail: '',
    integratorsPhonenumber: '',
    ...changes,
  };
}

/** A payment as older notifications have it. */
export function olderPayment(rrr: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    rrr,
    channnel: 'BRANCH',
    amount: '7,500.00',
    transactiondate: '2026-01-28 00:00:00',
    debitdate: null,
    bank: '011',
    branch: '011152387',
    serviceTypeId: '4430731',
    dateSent: '2026-01-28 10:24:39',
    dateRequested: '2026-01-27 18:02:11',
    payerphonenumber: '08087654321',
    payeremail: 'bola@example.com',
    uniqueIdentifier: null,
    ...changes,
  };
}

/** A loan's collection in the older spelling; as JSON text, because its id is longer than a number of JavaScript. */
export function olderLoan(id: string, mandateRef = '180007742165'): string {
  return `{
  "id": ${id},
  "amount": 12500.75,
  "statusCode": "00",
  "modulename": "PAYDAYLOAN",
  "notificationSent": true,
  "dateNotificationSent": "2026-01-25",
  "firstNotificationSent": true,
  "dateFirstNotificationSent": "2026-01-25",
  "netSalary": 180000.0,
  "totalCredit": 192500.75,
  "customerPhoneNumber": "07038684773",
  "mandateRef": "${mandateRef}",
  "balanceDue": 37500.0,
  "customer_id": "456",
  "request_id": "1769592",
  "payment_date": "25-01-2026 14:56:53+0000",
  "payment_status": "NEW",
  "status_reason": null
}`;
}

/** The same in the spelling of today. */
export function loan(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    amount: 12500.75,
    mandateRef: '180007742165',
    balanceDue: 37500,
    customerId: '456',
    requestId: '1769592',
    paymentDate: '25-01-2026 14:56:53+0000',
    paymentStatus: 'NEW',
    statusReason: null,
    merchantId: '2547916',
    paymentRef: '270007740695',
    trycount: 1,
    ...changes,
  };
}

/** A debit or the activation of a mandate. */
export function directDebit(
  notificationType: 'DEBIT' | 'ACTIVATION',
  ...lineItems: Record<string, unknown>[]
): Record<string, unknown> {
  return { notificationType, lineItems };
}

/** A line item of a debit. */
export function debitItem(mandateId: string, requestId: string, changes: Record<string, unknown> = {}) {
  return { mandateId, debitDate: '28/01/2026', requestId, amount: '10000', ...changes };
}

/** A line item of an activation. */
export function activationItem(mandateId: string, requestId: string) {
  return { mandateId, activationDate: '19/01/2026', requestId, amount: '10000' };
}

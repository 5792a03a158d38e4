import { freshPrefix, freshText } from '../workload.ts';
import type { Exchange } from '../workload.ts';

/** Makes each call's body another one, and takes for right only the answer to one that was sent and not answered yet. */
export class FreshCalls {
  private readonly prefix = freshPrefix();
  private readonly exchange: Exchange;
  private readonly standIn: string;
  private readonly open = new Set<string>();
  private sent = 0;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.standIn = exchange.standIn ?? '';
  }

  nextBody(): string {
    this.sent += 1;
    const text = freshText(this.standIn, this.prefix, this.sent);
    this.open.add(text);
    return this.exchange.body.replace(this.standIn, text);
  }

  isExpected(answer: string): boolean {
    const { expect } = this.exchange;
    const at = expect.indexOf(this.standIn);
    if (at < 0) return answer.includes(expect);
    const from = answer.indexOf(expect.slice(0, at)) + at;
    const text = answer.slice(from, from + this.standIn.length);
    return this.open.delete(text) && answer.includes(expect.replace(this.standIn, text));
  }
}

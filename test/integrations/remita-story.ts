import { FakeRemita } from '../support/fake-remita.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { type Notification, notificationById, notificationsOf } from './notifications.ts';

/** An execution, as far as a story looks at it. */
interface Execution {
  id: string;
  status: string;
  answer: { body: string } | null;
}

/** A server with Remita beside it, and configurations that give back what they got. */
export class RemitaStory {
  private constructor(
    public signalbox: Signalbox,
    readonly remita: FakeRemita,
  ) {}

  /** @param options.dataFolder for a server that starts again; whoever made it removes it. */
  static async start(
    env: Record<string, string> = {},
    options: { dataFolder?: string } = {},
  ): Promise<RemitaStory> {
    const remita = await FakeRemita.start();
    const signalbox = await Signalbox.start({ ...options, env: { ...remita.env, ...env } });
    await signalbox.createConfig('remita', { path: '/webhooks/remita' });
    await signalbox.createConfig('remita-collection', { path: '/webhooks/remita/collection-notification' });
    return new RemitaStory(signalbox, remita);
  }

  async stop(): Promise<void> {
    await this.signalbox.stop();
    await this.remita.stop();
  }

  /** Stops the server, and starts it again on what it left. */
  async restart(meanwhile: (dataFolder: string) => Promise<void>): Promise<void> {
    const { dataFolder, apiKey } = this.signalbox;
    await this.signalbox.stop();
    await meanwhile(dataFolder);
    const env = { ...this.remita.env, ADMIN_API_KEY: apiKey };
    this.signalbox = await Signalbox.start({ dataFolder, env });
  }

  /** Sends as Remita does. @param body a text as it is, anything else as JSON. @returns status, type and text of the answer. */
  async pay(body: unknown, init: RequestInit = {}): Promise<[number, string, string]> {
    return await this.send('/api/webhooks/remita', body, init);
  }

  async collect(body: unknown, init: RequestInit = {}): Promise<[number, string, string]> {
    return await this.send('/api/webhooks/remita/collection-notification', body, init);
  }

  /** What is on record, newest first. */
  async notifications(filter: Record<string, unknown> = {}): Promise<Notification[]> {
    return await notificationsOf(this.signalbox, { provider: 'remita', ...filter });
  }

  /** The only notification of that name, whole. */
  async whole(providerId: string): Promise<Notification> {
    const found = await this.notifications({ providerId });
    if (found.length !== 1) throw new Error(`${found.length} notifications of ${providerId}`);
    return await this.byId(found[0]!.id);
  }

  async byId(id: string): Promise<Notification> {
    return await notificationById(this.signalbox, id);
  }

  /** Waits until the notifications of that name have these outcomes, the oldest first. */
  async outcomes(providerId: string, ...outcomes: string[]): Promise<Notification[]> {
    return await until(async () => {
      const found = (await this.notifications({ providerId })).toReversed();
      return found.map(({ outcome }) => outcome).join() === outcomes.join() ? found : null;
    });
  }

  /** Waits until the notification of that name was asked about so often, without being settled. */
  async askedAbout(providerId: string, times: number): Promise<Notification> {
    return await until(async () => {
      const found = await this.whole(providerId);
      return found.checks.length >= times ? found : null;
    });
  }

  async reverify(id: string): Promise<number> {
    return (await this.signalbox.command('ReverifyIntegrationNotificationCommand', { id })).status;
  }

  /** What the configuration got as `context.body`, in the runs that have ended, newest first. */
  async runs(key = 'remita'): Promise<Record<string, unknown>[]> {
    const found = await this.signalbox.command<{ items: Execution[] }>('GetWebHookExecutionListQuery', {
      key,
      pageSize: 100,
    });
    const ended = found.body.data.items.filter(({ status }) => status === 'succeeded');
    const whole = await Promise.all(ended.map(({ id }) => this.signalbox.execution<Execution>(id)));
    return whole.map(({ answer }) => (JSON.parse(answer!.body) as { data: Record<string, unknown> }).data);
  }

  /** The runs that had that notification, when there is one. */
  async runsOf(providerId: string, key = 'remita'): Promise<Record<string, unknown>[]> {
    return await until(async () => {
      const found = (await this.runs(key)).filter((body) => body['providerId'] === providerId);
      return found.length > 0 ? found : null;
    });
  }

  /** The types of the events about that, oldest first. */
  async events(providerId: string): Promise<string[]> {
    const { body } = await this.signalbox.command<{ items: { type: string; payload: Notification }[] }>(
      'GetEventListQuery',
      { type: 'remita.*', pageSize: 100 },
    );
    const about = body.data.items.filter(({ payload }) => payload.providerId === providerId);
    return about.map(({ type }) => type).toReversed();
  }

  private async send(path: string, body: unknown, init: RequestInit): Promise<[number, string, string]> {
    const response = await fetch(this.signalbox.url + path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: { 'Content-Type': 'application/json', ...init.headers },
    });
    return [response.status, response.headers.get('content-type') ?? '', await response.text()];
  }
}

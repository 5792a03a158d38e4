import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { launchChromium } from './chromium.ts';

const shots = new URL('../.shots/', import.meta.url).pathname;

describe('the API docs in a browser', () => {
  let signalbox: Signalbox;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const elsewhere: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    signalbox = await Signalbox.start();
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(signalbox.url) && !request.url().startsWith('data:'))
        elsewhere.push(request.url());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
  });

  it('are where the address alone leads', async () => {
    await page.goto(signalbox.url);
    await page.getByRole('heading', { name: /Signalbox/ }).waitFor();
    expect(page.url()).toBe(`${signalbox.url}/api/docs`);
  });

  it('show an example of each command', async () => {
    await page.getByText('/api/bpm/cmd').first().click();
    await page.locator('.examples-select select').first().selectOption('CreateWebHookConfigCommand');
    await page.getByText('"executionCode"').first().waitFor();
    await page.screenshot({ path: `${shots}api-docs.png`, fullPage: true });
  });

  it('load without a complaint and nothing from elsewhere', () => {
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
  });
});

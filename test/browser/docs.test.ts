import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../../scripts/server.ts';

const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
];
const SETUP_MS = 300_000;
const TEST_MS = 300_000;
/** Shorter than a test, so that a step that waits in vain is named. */
const STEP_MS = 60_000;

if (CHROMIUM === undefined) {
  console.warn('No browser, so the pages of the docs are not tested: install chromium, or set CHROMIUM_PATH.');
}

describe.skipIf(CHROMIUM === undefined)('the pages of the docs in a browser', { timeout: TEST_MS }, () => {
  let folder: string;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seatkeeper-browser-'));
    [server, browser] = await Promise.all([
      startServer({ state: folder, vars: { JWT_SECRET: 'a secret for tests only, at least 32 bytes' } }),
      chromium.launch({ executablePath: CHROMIUM as string, args: QUIET }),
    ]);
  }, SETUP_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a page and gives it to the visit; afterwards nothing may have come from elsewhere or gone wrong but this. */
  async function visit(path: string, look: (page: Page) => Promise<void>, but?: string): Promise<void> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(STEP_MS);
    const wrong: string[] = [];
    page.on('request', (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(`${server.url}/`)) {
        wrong.push(`asked ${request.url()}`);
      }
    });
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !(but !== undefined && text.includes(but))) wrong.push(text);
    });
    page.on('pageerror', (error) => wrong.push(error.message));
    await page.goto(server.url + path);
    await look(page);
    // For looking at, when a page was changed: SCREENSHOTS=folder npm test
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `${path.slice(1) || 'start'}.png`), fullPage: true });
    }
    await page.close();
    expect(wrong).toEqual([]);
  }

  /** Tries an operation out as it is filled in; it has to succeed, or to fail so. */
  async function answerOf(page: Page, operation: string, status = '200'): Promise<string | null> {
    const shown = page.locator(`#operations-${operation}`);
    await shown.getByRole('button').first().click();
    await shown.getByRole('button', { name: 'Execute' }).click();
    const answer = shown.locator('.live-responses-table .response');
    await answer.waitFor();
    expect(await answer.locator('.response-col_status').textContent()).toContain(status);
    return answer.textContent();
  }

  async function authorize(page: Page): Promise<void> {
    await page.locator('#operations-Docs-getHealth').waitFor();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByLabel('auth-bearer-value').fill('a.b.c');
    await page.getByRole('button', { name: 'Apply credentials' }).click();
    await page.getByRole('button', { name: 'Close' }).click();
  }

  it('forgets on /docs a token that is refused, with which nothing would be answered any more', () =>
    visit(
      '/docs',
      async (page) => {
        await authorize(page);
        expect(await answerOf(page, 'Events-listEvents', '401')).toContain('unauthorized');
        await page.goto('about:blank');
        await page.goto(`${server.url}/docs`);
        expect(await answerOf(page, 'Events-listEvents')).toContain('"items": []');
      },
      'status of 401',
    ));

  it('lets people try the API out on /docs, and keeps them authorized over a reload', () =>
    visit('/docs', async (page) => {
      await authorize(page);
      await page.reload();
      await page.getByRole('button', { name: 'Authorize' }).click();
      await page.getByText('Authorized', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Close' }).click();

      expect(await answerOf(page, 'Docs-getHealth')).toContain('"status": "ok"');
    }));

  it('leaves empty on /docs what may be left out', () =>
    visit('/docs', async (page) => {
      expect(await answerOf(page, 'Events-listEvents')).toContain('"items": []');
    }));

  it('shows every operation on /redoc', () =>
    visit('/redoc', async (page) => {
      await page.getByRole('heading', { name: 'OpenAPI document' }).waitFor();
      await page.getByRole('textbox', { name: 'Search' }).fill('health');
      await page
        .getByRole('menuitem', { name: /Health/ })
        .first()
        .waitFor();
    }));

  it('leads on from the start page, with commands for this very server', () =>
    visit('/', async (page) => {
      expect(
        await page.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
      ).toEqual(['/docs', '/redoc', '/openapi.json', '/healthz']);
      expect(await page.getByRole('code').first().textContent()).toContain(`curl ${server.url}/api/auth/signup`);
    }));
});

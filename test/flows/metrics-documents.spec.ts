import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricNamesIn, type ReadMetric, readMetrics } from '../support/metrics-text.ts';
import { Signalbox } from '../support/signalbox.ts';

const fileOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Target {
  expr: string;
  datasource: { uid: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { h: number; w: number; x: number; y: number };
  targets?: Target[];
}
interface Dashboard {
  title: string;
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
}

const dashboard = JSON.parse(fileOf('deploy/grafana-dashboard.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

/** The expressions of the alerts, in one line or folded over several. */
const alerts = [
  ...fileOf('deploy/prometheus-alerts.yml').matchAll(
    /- alert: (\w+)\n\s+expr: (?:>-\n)?([\s\S]*?)\n\s+(?:for|labels):/g,
  ),
].map(([, title, expr]) => ({ title: title!, expr: expr! }));

let shown: Map<string, ReadMetric>;
beforeAll(async () => {
  const signalbox = await Signalbox.start();
  // A label stands there with its first value.
  await signalbox.command('GetCommandCatalogueQuery');
  shown = readMetrics(await (await fetch(`${signalbox.url}/metrics`)).text());
  await signalbox.stop();
});

/** The names of a metric's labels. */
function labelsOf({ values }: ReadMetric): string[] {
  const names = [...values.keys()].flatMap((series) =>
    [...series.matchAll(/(\w+)="/g)].map(([, name]) => name!),
  );
  return [...new Set(names)].filter((name) => name !== 'le');
}

/** What of a query is not there: metrics, and labels of theirs. */
function missingIn(expr: string): string[] {
  const names = metricNamesIn(expr);
  const selectors = [...expr.matchAll(/\b((?:signalbox|nodejs|process)_\w+)\{([^}]*)\}/g)];
  const labels = selectors.flatMap(([, name, selector]) =>
    [...selector!.matchAll(/(\w+)(?:=~|!=|=)/g)].map(([, label]) => ({
      name: metricNamesIn(name!)[0]!,
      label: label!,
    })),
  );
  return [
    ...names.filter((name) => !shown.has(name)),
    ...labels
      .filter(({ name, label }) => label !== 'instance' && !labelsOf(shown.get(name)!).includes(label))
      .map(({ name, label }) => `${name}{${label}}`),
  ];
}

describe('The dashboard', () => {
  it('can be imported into any Grafana: its data source is a variable', () => {
    expect(dashboard).toMatchObject({ title: 'Signalbox', uid: 'signalbox' });
    expect(dashboard).not.toHaveProperty('id');
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
    });
    const sources = panels.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid));
    expect(new Set(sources)).toStrictEqual(new Set(['${datasource}']));
  });

  it('has panels with names of their own that lie beside each other', () => {
    expect(panels.length).toBeGreaterThan(20);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: h * w }, (_each, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it.each(queries)('asks only for what a running server shows: $title, $expr', ({ expr }) => {
    expect(metricNamesIn(expr).length).toBeGreaterThan(0);
    expect(missingIn(expr)).toStrictEqual([]);
  });

  it('shows every metric of ours', () => {
    const asked = new Set(queries.flatMap(({ expr }) => metricNamesIn(expr)));
    const ours = [...shown.keys()].filter((name) => name.startsWith('signalbox_'));
    expect(ours.filter((name) => !asked.has(name))).toStrictEqual([]);
  });

  it('finds its instances by a metric that is there', () => {
    const { query } = dashboard.templating.list[1]!;
    expect(missingIn((query as { query: string }).query)).toStrictEqual([]);
  });
});

describe('The alerts', () => {
  it('are all looked at here', () => {
    expect(alerts.length).toBeGreaterThan(5);
    expect(alerts.length).toBe(fileOf('deploy/prometheus-alerts.yml').match(/alert:/g)!.length);
  });

  it.each(alerts)('rest on what a running server shows: $title', ({ title, expr }) => {
    // Prometheus makes `up` itself.
    if (title !== 'SignalboxDown') expect(metricNamesIn(expr).length).toBeGreaterThan(0);
    expect(missingIn(expr)).toStrictEqual([]);
  });
});

describe('The table of metrics', () => {
  it('has each metric of ours with its type, labels and meaning, and no other', () => {
    const rows = [
      ...fileOf('docs/operations.md').matchAll(/^\| `(signalbox_\w+)` *\| (\w+) *\| (.+?) *\| (.+?) *\|$/gm),
    ];
    const written = rows.map(([, name, type, labels, meaning]) => ({
      name,
      type,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      meaning,
    }));
    const ours = [...shown].filter(([name]) => name.startsWith('signalbox_'));
    expect(written).toStrictEqual(
      ours.map(([name, metric]) => ({
        name,
        type: metric.type,
        labels: labelsOf(metric),
        meaning: metric.help.replace(/\.$/, ''),
      })),
    );
  });
});

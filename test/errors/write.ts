import { writeFileSync } from 'node:fs';
import { errorsPage, pagePath } from './errors-page.ts';

const { text, faults } = await errorsPage();
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
} else writeFileSync(pagePath, text);

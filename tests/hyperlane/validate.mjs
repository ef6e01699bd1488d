// Copyright (c) 2026, the interchain.agent_ops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// node validate.mjs FOLDER < '[["validator", {...}], ...]': what the published schema says of each, [] for nothing.
//
// The schema's file imports the whole of two packages, for the names of protocols and of security modules. Here it gets
// the first from where they are, and none of the second, which are in no configuration that is looked at.

import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

const folder = pathToFileURL(process.argv[2] + '/').href;
const utils = `export { ProtocolType } from '${folder}utils/package/dist/types.js'; export const objMerge = undefined;`;
const places = {
  zod: `${folder}zod/package/index.js`,
  '@hyperlane-xyz/utils': `data:text/javascript,${encodeURIComponent(utils)}`,
  '@hyperlane-xyz/sdk': `data:text/javascript,${encodeURIComponent("export const ModuleType = { None: 'none' };")}`,
};
const hooks = `
  const places = ${JSON.stringify(places)};
  export async function resolve(name, context, next) {
    return places[name] ? { url: places[name], shortCircuit: true } : next(name, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const published = await import(`${folder}sdk/package/dist/metadata/agentConfig.js`);
const schemas = { validator: published.ValidatorAgentConfigSchema, relayer: published.RelayerAgentConfigSchema };

let text = '';
for await (const part of process.stdin) text += part;
const found = JSON.parse(text).map(([agent, document]) => {
  const result = schemas[agent].safeParse(document);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
});
process.stdout.write(JSON.stringify(found));

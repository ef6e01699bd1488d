// Copyright (c) 2026, the interchain.agent_ops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers batches of simulations: one line of JSON in, a list; one line of JSON out, a list in the same order.
// Started by tests/simulator/client.py with the folder that the packages are installed in. Ends with its standard input.
'use strict'

const { createRequire } = require('node:module')
const path = require('node:path')
const readline = require('node:readline')

const installed = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'))
const { runSimulation } = installed('@cloud-copilot/iam-simulate')

async function answer(simulation) {
  try {
    // Strict is the mode in which a condition that does not hold is never passed over.
    const done = await runSimulation(simulation, { simulationMode: 'Strict' })
    if (done.resultType === 'error') {
      return { error: done.errors }
    }
    const results = done.resultType === 'single' ? [done.result] : done.results
    return {
      result: done.overallResult,
      ignored: [...new Set(results.flatMap((one) => one.ignoredContextKeys ?? []))],
    }
  } catch (problem) {
    return { error: { message: String(problem) } }
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const answers = []
    for (const simulation of JSON.parse(line)) {
      answers.push(await answer(simulation))
    }
    process.stdout.write(JSON.stringify(answers) + '\n')
  }
}

main()

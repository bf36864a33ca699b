// Judges the results of http-tests/cache-tests by the suite's own rules: node score.mjs SUITE RESULTS
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [suite, file] = process.argv.slice(2)
const load = (...parts) => import(pathToFileURL(path.resolve(suite, ...parts)).href)
const isNew = fs.existsSync(path.join(suite, 'test-engine'))
const { determineTestResult } = isNew ? await load('test-engine', 'lib', 'results.mjs') : await load('lib', 'display.mjs')
const suites = (await load('tests', 'index.mjs')).default
const results = JSON.parse(fs.readFileSync(file, 'utf8'))

const PASSES = ['✅', 'Y']
const tests = suites.flatMap(({ tests }) => tests).filter(test => !test.browser_only)
const judged = tests.map(test => ({
  id: test.id,
  kind: test.kind ?? 'required',
  passed: PASSES.includes(determineTestResult(suites, test.id, results)[2]),
  why: Array.isArray(results[test.id]) ? results[test.id].join(': ') : ''
}))
console.log(JSON.stringify(judged))

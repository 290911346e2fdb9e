// What a page of the board does beyond being read. Everything listens at the document, so parts may be exchanged.
import { ask, withdrawRequest } from './ask.js'
import { listen } from './decide.js'
import { farewell } from './farewell.js'
import { keys } from './keys.js'
import { live } from './live.js'

document.documentElement.classList.add('scripted')

const by = document.getElementById('by')
if (by) {
  by.value = localStorage.getItem('by') ?? ''
  by.addEventListener('change', () => localStorage.setItem('by', by.value.trim()))
}

// as words.span says it
function span(seconds) {
  const units = [['d', 86400], ['h', 3600], ['min', 60]]
  for (const [number, [unit, factor]] of units.entries()) {
    if (seconds < factor) continue
    const whole = Math.floor(seconds / factor)
    const [smaller, size] = (whole < 10 && units[number + 1]) || []
    const tail = smaller ? Math.floor((seconds % factor) / size) : 0
    return `${whole} ${unit}${tail ? ` ${tail} ${smaller}` : ''}`
  }
  return 'under a minute'
}

setInterval(() => {
  for (const time of document.querySelectorAll('time[data-age]')) {
    const text = span((Date.now() - Date.parse(time.dateTime)) / 1000)
    if (time.textContent !== text) time.textContent = text
  }
}, 30_000)

listen()
keys()
ask()
withdrawRequest()
farewell()
if (document.documentElement.hasAttribute('data-live')) live()

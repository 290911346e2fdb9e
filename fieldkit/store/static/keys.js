// One key for one decision, on the take that is marked: the one that has the focus, or else the first that waits.
import { press } from './decide.js'

const MOVES = { a: 'approved', r: 'retake', x: 'rejected' }

const cards = () => [...document.querySelectorAll('.take')]

function marked() {
  return document.activeElement?.closest('.take') ?? document.querySelector('.take.marked')
}

function mark(card) {
  for (const other of document.querySelectorAll('.take.marked')) other.classList.remove('marked')
  card?.classList.add('marked')
}

function step(by) {
  const all = cards()
  const next = all[Math.min(Math.max(all.indexOf(marked()) + by, 0), all.length - 1)]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

function play(card) {
  const video = card.querySelector('video')
  if (video) video.paused ? video.play() : video.pause()
}

export function keys() {
  const wanted = document.getElementById('keys') // they can be switched off: WCAG 2.1.4
  if (!wanted) return
  wanted.checked = localStorage.getItem('keys') !== 'off'
  wanted.addEventListener('change', () => localStorage.setItem('keys', wanted.checked ? 'on' : 'off'))
  document.addEventListener('focusin', ({ target }) => {
    const card = target.closest('.take')
    if (card) mark(card)
  })
  if (location.pathname.startsWith('/tweets/')) {
    mark(cards().find((card) => card.querySelector('.decision.open')) ?? cards()[0])
  }
  document.addEventListener('keydown', (event) => {
    if (!wanted.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (event.target.closest?.('input, textarea, select')) return
    const key = event.key.toLowerCase()
    if (key === 'j' || key === 'k') step(key === 'j' ? 1 : -1)
    const card = marked()
    if (!card) return
    if (key === 'p') play(card)
    const form = card.querySelector('[data-decide]')
    const button = MOVES[key] && form?.elements[MOVES[key]]
    if (!button || button.hidden || button.disabled) return
    event.preventDefault() // R would be typed into the reason
    press(form, MOVES[key])
  })
}

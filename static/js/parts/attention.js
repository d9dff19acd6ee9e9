// @ts-check
// Ways to reach a person whose turn is near: the title of the page, vibration, a sound they allowed, a screen
// that stays on. None of them is needed: the words stand on the page. Where the device has no such thing,
// nothing happens.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { _ } from '../words.js';
import { icon } from './common.js';

const KEY = 'sound when my turn comes';
const stored = () => {
  try {
    return localStorage.getItem(KEY) === '1';
  } catch {
    return false;
  }
};
/** The second tone is higher. */
const TONES = [
  { pitch: 587, start: 0 },
  { pitch: 880, start: 0.22 },
];
const sound = signal(stored());
/** @type {AudioContext | undefined} */ let audio;
/** @type {WakeLockSentinel | undefined} */ let lamp;
let wantLamp = false;

/** Two soft tones. */
function chime() {
  try {
    audio ??= new AudioContext();
    void audio.resume();
    for (const { pitch, start } of TONES) {
      const tone = audio.createOscillator(),
        level = audio.createGain(),
        from = audio.currentTime + start;
      tone.frequency.value = pitch;
      level.gain.setValueAtTime(0, from);
      level.gain.linearRampToValueAtTime(0.25, from + 0.03);
      level.gain.exponentialRampToValueAtTime(0.001, from + 0.5);
      tone.connect(level).connect(audio.destination);
      tone.start(from);
      tone.stop(from + 0.55);
    }
  } catch {
    /* no sound here */
  }
}

/** Vibrate, and sound if it is allowed. @param {boolean} urgent */
export function nudgePerson(urgent) {
  try {
    navigator.vibrate?.(urgent ? [300, 120, 300, 120, 500] : [250, 120, 250]);
  } catch {
    /* no vibration here */
  }
  if (sound.value) chime();
}

/** Keep the screen on, or let it sleep again. @param {boolean} wanted */
export async function keepAwake(wanted) {
  wantLamp = wanted;
  try {
    if (wanted && !lamp && document.visibilityState === 'visible') {
      lamp = await navigator.wakeLock?.request('screen');
      lamp?.addEventListener('release', () => {
        lamp = undefined;
      });
    } else if (!wanted && lamp) {
      await lamp.release();
      lamp = undefined;
    }
  } catch {
    /* the device decides */
  }
}
document.addEventListener('visibilitychange', () => {
  if (wantLamp && document.visibilityState === 'visible') void keepAwake(true);
});

/** A sound may only be made after a person pressed something: this is that press. */
export function SoundSwitch() {
  const flip = () => {
    sound.value = !sound.value;
    try {
      localStorage.setItem(KEY, sound.value ? '1' : '0');
    } catch {
      /* private window: for this page only */
    }
    if (sound.value) chime();
  };
  return html`<button type="button" class="button plain sound" aria-pressed=${sound.value ? 'true' : 'false'}
    onclick=${flip}>${icon(sound.value ? 'bell' : 'bell-off')} ${
      sound.value ? _('Sound when my turn comes: on') : _('Sound when my turn comes: off')
    }</button>`;
}

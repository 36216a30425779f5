"""Every threshold of the verdicts, with its source.

Where the source gives failure rates, one rule makes thresholds of them: *worn* from the count at which drives fail at
least three times as often in a year as clean ones, *failing* from the one at which more fail in a year than there are
drives (an annual rate over 100 %, so less than a year to live on average).
"""

from __future__ import annotations

from typing import Final

BACKBLAZE = "Backblaze, What SMART Stats Tell Us About Hard Drives (2016)"
RATES = "Backblaze drive statistics by count, as published in Scrutiny's ata_attribute_metadata.go"
SMARTCTL = "smartctl(8) manual page"
NVME = "NVM Express Base Specification, SMART / Health Information log (02h)"
GUIDE = "field guide §5"

# Attribute 5. A year's failures per drive: 2.5 % at 0, 2.7 % at 1-3, 7.5 % at 4-15, 24 % at 16-69, 36 % at 70-259,
# 57 % at 260-1099, 150 % from 1100. SCSI's grown defect list counts the same thing (SBC-4).
REALLOCATED_WORN: Final = 4
REALLOCATED_FAILING: Final = 1100
# Attribute 187 (RATES): 24 % at 1-2, 50 % at 3-5, 38 % at 6-10, 53 % at 11-19, 84 % at 20-34, 144 % from 35. It counts
# the past and never falls, so it fails a drive only beside defects that are there now (the same article counts drives
# with several of the five above zero: rare among working drives, common among those that failed).
UNCORRECTABLE_WORN: Final = 1
UNCORRECTABLE_FAILING: Final = 35
# Attribute 188 (RATES): 2.5 % below 100, 10 % above, 37 % at most: never a reason to throw a drive away, and a bad
# cable or power supply does the same.
TIMEOUTS_WORN: Final = 100
# Attribute 197 (RATES): 2.6 % at 0, 34 % at 1, 68 % at 2-5, 61 % at 6-15, 96 % at 16-39, 165 % from 40.
PENDING_WORN: Final = 1
PENDING_FAILING: Final = 40
# Attribute 198 (RATES): 2.9 % at 0, 81 % at 1; above that it repeats 197 and its rates have wide margins (58-195 % at
# 2-3), so the failing one is 197's.
OFFLINE_WORN: Final = 1
OFFLINE_FAILING: Final = 40
# Interface CRC errors are the cable's, not the drive's (smartctl(8)); a handful is a plug pulled once. Ours.
CRC_NOTE: Final = 100

# Half of all drives live 6 years and 9 months: Backblaze, How Long Do Disk Drives Last? (2021).
HOURS_WORN: Final = 59_000
HOURS_SOURCE: Final = "Backblaze, How Long Do Disk Drives Last? (2021): median 6 years 9 months"

# NVMe percentage used: 100 is the endurance the maker warrants, "may not indicate failure" (NVME); so never failing by
# itself. 80 leaves a fifth for the family's years: ours.
USED_WORN: Final = 80
USED_UP: Final = 100
# Life left as vendors count it, 100 to 0: the same two.
LIFE_WORN: Final = 100 - USED_WORN
# Spare: below the drive's threshold is failing (NVME, critical warning bit 0). Half of the way there is worn: ours.
# NVMe media errors are the same event as ATA's 187: data that couldn't be read; failing beside spare already used.
MEDIA_ERRORS_WORN: Final = 1
MEDIA_ERRORS_FAILING: Final = 35

# Helium-filled drives start at 100; their own pre-failure threshold is 25 (HGST Ultrastar He specification).
HELIUM_FULL: Final = 100
# A drive this hot while tested needs air: makers allow 60 °C for hard disks, 70 °C for flash (their data sheets).
HOT_HDD: Final = 60
HOT_SSD: Final = 70

# Batteries: makers design for 80 % of capacity left at the end of the rated cycles (Apple support, battery cycle count;
# Regulation (EU) 2023/1670 asks it of tablets); under half, a laptop is a desktop: ours. Both can be set:
# BATTERY_WORN_BELOW, BATTERY_FAILING_BELOW.
BATTERY_WORN_BELOW: Final = 80
BATTERY_FAILING_BELOW: Final = 50
BATTERY_SOURCE: Final = "makers rate batteries down to 80 % of design capacity (Apple; Regulation (EU) 2023/1670)"
BATTERY_NOT_BELIEVED: Final = 150  # percent of design: the gauge was never calibrated, or reset

# Memory: a module that corrected an error is many times likelier to meet one that it can't correct.
MEMORY_SOURCE: Final = "Schroeder, Pinheiro, Weber: DRAM Errors in the Wild (SIGMETRICS 2009)"
MEMTEST: Final = "memtest86.com, technical information: any error is a fault"

# Heat: processors slow down at TjMAX (Intel and AMD data sheets, usually 95-105 °C); closer than 5 °C to it under load
# leaves nothing for summer: ours. Without the limit: 95 °C. At rest 70 °C means dust or dry paste: ours.
CPU_LIMIT: Final = 95
CPU_MARGIN: Final = 5
CPU_IDLE_HOT: Final = 70
HEAT_SOURCE: Final = "processor data sheets: throttling at TjMAX"

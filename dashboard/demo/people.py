"""Who works at PT Niaga Contoh Nusantara. The company and everybody in it are made up."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPANY = "PT Niaga Contoh Nusantara"
VP = "Bagas Nugroho"
ADMIN, FINANCE, AUDITOR = "Anisa Putranti", "Sekar Arum", "Joko Prabowo"
REP_AT_THE_DEMO_ADDRESS = "Lina Marlina"


@dataclass(frozen=True)
class Kind:
    """How a group sells: money in juta (10^6 rupiah), days from opening to close, share of closed deals that are won."""

    target: float
    average: float
    cycle: tuple[int, int]
    win_rate: float
    open_deals: int
    touch_every: float
    channels: tuple[tuple[str, int], ...]
    products: tuple[str, ...]
    sectors: tuple[str, ...] = ("Ritel", "F&B", "Distribusi", "Kesehatan", "Manufaktur")


FIELD = Kind(
    60, 4.9, (8, 35), 0.40, 30, 2.6,
    (("whatsapp", 52), ("visit", 30), ("call", 13), ("meeting", 5)), ("Kasir", "Mesin Kasir (paket)"), ("Ritel", "F&B"),
)  # fmt: skip
MIDDLE = Kind(
    220, 73, (30, 80), 0.27, 16, 5,
    (("whatsapp", 45), ("call", 22), ("visit", 15), ("meeting", 13), ("email", 5)), ("Gudang", "Distribusi"),
)  # fmt: skip
LARGE = Kind(
    450, 640, (80, 190), 0.30, 5, 6,
    (("whatsapp", 32), ("meeting", 28), ("email", 20), ("call", 12), ("visit", 8)), ("Pusat (ERP)", "Distribusi", "Implementasi"),
    ("Kesehatan", "Manufaktur", "Distribusi"),
)  # fmt: skip
CARE = Kind(
    150, 9, (15, 60), 0.75, 20, 4,
    (("whatsapp", 60), ("call", 20), ("meeting", 12), ("visit", 8)), ("Dukungan Prima", "Gudang"),
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """A team: who leads it, who is in it and from where they sell."""

    name: str
    lead: str
    role: str
    kind: Kind | None
    people: tuple[tuple[str, str], ...]
    children: tuple[Group, ...] = field(default=())


GROUPS = (
    Group("Pencari Prospek", "Rina Hapsari", "Pencari prospek", None, (
        ("Galih Permana", "Jakarta"), ("Nita Ayuningtyas", "Jakarta"), ("Reza Mahendra", "Bandung"),
        ("Wulan Sari", "Surabaya"), ("Ilham Fauzi", "Jakarta"),
    )),
    Group("SDR", "Hadi Wijaya", "SDR", None, (
        ("Fajar Ramadhan", "Jakarta"), ("Putri Anjani", "Jakarta"), ("Dion Saputra", "Surabaya"), ("Mega Lestari", "Bandung"),
        ("Aldo Kurnia", "Jakarta"), ("Salsa Nabila", "Semarang"), ("Vino Hartanto", "Surabaya"),
    )),
    Group("Menengah Jawa", "Dewi Kartika", "Account executive", MIDDLE, (
        ("Hendra Gunawan", "Surabaya"), (REP_AT_THE_DEMO_ADDRESS, "Bandung"), ("Rizky Pratama", "Jakarta"), ("Agus Setiawan", "Semarang"),
        ("Nadia Safitri", "Bandung"), ("Yoga Aditya", "Surabaya"), ("Bayu Nugraha", "Yogyakarta"), ("Tia Rahmawati", "Bandung"),
    )),
    Group("Enterprise Jakarta", "Albert Simanjuntak", "Account executive", LARGE, (
        ("Grace Natalia", "Jakarta"), ("Ratna Dewanti", "Jakarta"), ("Budi Santoso", "Jakarta"), ("Maya Lasut", "Jakarta"),
        ("Indra Kusuma", "Jakarta"), ("Yulia Hartono", "Jakarta"),
    )),
    Group("UKM Luar Jawa", "Made Suardana", "Sales lapangan", FIELD, (
        ("Dimas Harahap", "Medan"), ("Sri Wahyuni", "Medan"), ("Rudi Siregar", "Medan"), ("Eka Lestari", "Palembang"),
        ("Andi Saputra", "Palembang"), ("Farida Rauf", "Makassar"), ("Syamsul Bahri", "Makassar"), ("Wayan Sudiarta", "Denpasar"),
        ("Ketut Ariani", "Denpasar"),
    )),
    Group("Customer Success", "Fitri Handayani", "Customer success", CARE, (
        ("Citra Maharani", "Jakarta"), ("Bima Prakoso", "Surabaya"), ("Laras Wening", "Bandung"), ("Oki Firmansyah", "Medan"),
        ("Sinta Permatasari", "Jakarta"),
    )),
)  # fmt: skip
# Left three months ago; the open deals went to Tia.
LEAVER, HEIR = ("Teguh Wibowo", "Menengah Jawa", "Bandung"), "Tia Rahmawati"

PRODUCTS = (
    ("Kasir", "Toko", 4_188_000), ("Mesin Kasir (paket)", "Toko", 12_500_000), ("Gudang", "Gudang", 48_000_000),
    ("Distribusi", "Gudang", 180_000_000), ("Pusat (ERP)", "ERP", 650_000_000), ("Implementasi", "Jasa", 75_000_000),
    ("Dukungan Prima", "Jasa", None),
)  # fmt: skip
STAGES = (
    ("Prospek", "open", "0.10", 7, False), ("Kualifikasi", "open", "0.25", 14, True), ("Penawaran", "proposal", "0.50", 14, True),
    ("Negosiasi", "proposal", "0.70", 10, True), ("Perjanjian", "agreement", "0.90", 7, True),
)  # fmt: skip
COMPETITORS = ("Kompetitor K", "Kompetitor A", "Kompetitor N", "Kompetitor Z")

FIRST_WORDS = (
    "Sinar", "Karya", "Mitra", "Bumi", "Cahaya", "Tunas", "Graha", "Surya", "Anugerah", "Sumber", "Berkah", "Mega", "Duta",
    "Prima", "Nusa", "Cipta", "Lancar", "Rejeki", "Tirta", "Wahana", "Bintang", "Delta", "Harapan", "Indah", "Jaya", "Kencana",
    "Lestari", "Makmur", "Nirwana", "Pelita", "Rimba", "Sekar", "Taruna", "Utama", "Wijaya", "Mandala", "Samudra", "Puspa",
)  # fmt: skip
SECOND_WORDS = (
    "Abadi", "Bersama", "Sentosa", "Mandiri", "Sejahtera", "Perkasa", "Lestari", "Nusantara", "Jaya", "Makmur", "Gemilang",
    "Persada", "Raya", "Utama", "Karsa", "Agung", "Barokah", "Kreasi", "Pratama", "Santosa", "Unggul", "Mulia", "Asri", "Logam",
    "Pangan", "Niaga", "Medika", "Tekstil", "Farma", "Motor", "Plastik", "Elektronik", "Bangunan", "Boga", "Busana", "Kimia",
)  # fmt: skip
FORMS = {"Ritel": ("Toko", "UD", "CV"), "F&B": ("Kopi", "Resto", "CV"), "Kesehatan": ("Apotek", "Klinik", "PT")}
GIVEN = (
    "Hendro", "Sari", "Dian", "Bambang", "Ayu", "Eko", "Ratih", "Taufik", "Lia", "Rahmat", "Yanti", "Gunadi", "Mira", "Hasan",
    "Desi", "Arif", "Tuti", "Surya", "Nanik", "Faisal", "Rosa", "Darto", "Ika", "Slamet", "Vera", "Iwan", "Siti", "Benny",
)  # fmt: skip
FAMILY = (
    "Halim",
    "Susanto",
    "Lubis",
    "Wardani",
    "Nasution",
    "Kosasih",
    "Rangkuti",
    "Hidayat",
    "Salim",
    "Tanjung",
    "Utomo",
    "Basuki",
)
TITLES = ("Pemilik", "Manajer operasional", "Direktur", "Kepala gudang", "Manajer TI", "Manajer keuangan", "Pembelian")
